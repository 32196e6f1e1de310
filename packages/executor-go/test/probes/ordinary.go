// What ordinary programs do, one line of outcome for each; all, or those that are named.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	for _, thing := range []struct {
		name string
		do   func() error
	}{
		{"TLS over loopback", servesTLS},
		{"UDP", datagrams},
		{"local sockets", localSockets},
		{"files", files},
		{"signals", signals},
		{"timers", timers},
		{"10000 goroutines", goroutines},
		{"a profile", profile},
		{"time zones", zones},
		{"no new process", noProcess},
	} {
		if len(os.Args) == 1 || slices.Contains(os.Args[1:], thing.name) {
			fmt.Println(thing.name+":", thing.do())
		}
	}
}

func servesTLS() error {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	defer server.Close()
	answer, err := server.Client().Get(server.URL)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(answer.Body)
	if string(body) != "hello" {
		return fmt.Errorf("got %q, %w", body, err)
	}
	return err
}

func datagrams() error {
	packets, err := net.ListenPacket("udp", "localhost:0")
	if err != nil {
		return err
	}
	defer packets.Close()
	to, err := net.Dial("udp", packets.LocalAddr().String())
	if err != nil {
		return err
	}
	defer to.Close()
	if _, err = to.Write([]byte("x")); err != nil {
		return err
	}
	_, _, err = packets.ReadFrom(make([]byte, 1))
	return err
}

func localSockets() error {
	local, err := net.Listen("unix", filepath.Join(os.TempDir(), "socket"))
	if err != nil {
		return err
	}
	return local.Close()
}

func files() error {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		return err
	}
	name := filepath.Join(dir, "file")
	root, rootErr := os.OpenRoot(dir)
	if rootErr != nil {
		return rootErr
	}
	_, statErr := os.Stat(name + "!")
	copied, copyErr := os.Create(name + "-copy")
	return errors.Join(
		os.WriteFile(name, []byte("text"), 0o600),
		os.Chmod(name, 0o644), os.Chtimes(name, time.Now(), time.Now()), os.Truncate(name, 2),
		os.Symlink(name, name+"-link"), os.Link(name, name+"-hard"), os.Rename(name+"-hard", name+"-moved"),
		copyErr, copyTo(copied, name), copied.Sync(), copied.Close(),
		root.Mkdir("below", 0o755), root.Remove("below"), root.Close(),
		unless(errors.Is(statErr, os.ErrNotExist), "a file that is not there is: %v", statErr),
		os.RemoveAll(dir),
	)
}

func copyTo(to *os.File, name string) error {
	from, err := os.Open(name)
	if err != nil {
		return err
	}
	defer from.Close()
	_, err = io.Copy(to, from)
	return err
}

func signals() error {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Signal(syscall.SIGUSR1); err != nil {
		return err
	}
	return unless(<-got == syscall.SIGUSR1, "another signal")
}

func timers() error {
	begun := time.Now()
	<-time.NewTimer(time.Millisecond).C
	time.Sleep(time.Millisecond)
	return unless(time.Since(begun) >= 2*time.Millisecond, "too early")
}

func goroutines() error {
	var all sync.WaitGroup
	results := make(chan int, 100)
	for range 10_000 {
		all.Add(1)
		go func() { defer all.Done(); time.Sleep(time.Millisecond); results <- 1 }()
	}
	go func() { all.Wait(); close(results) }()
	sum := 0
	for one := range results {
		sum += one
	}
	return unless(sum == 10_000, "%d", sum)
}

func profile() error {
	var out bytes.Buffer
	if err := pprof.StartCPUProfile(&out); err != nil {
		return err
	}
	for begun := time.Now(); time.Since(begun) < 50*time.Millisecond; {
	}
	pprof.StopCPUProfile()
	return unless(out.Len() > 0, "nothing")
}

func zones() error {
	place, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return err
	}
	return unless(strings.HasPrefix(time.Unix(0, 0).In(place).Format(time.RFC3339), "1970-01-01T01:00:00"), "another time")
}

func noProcess() error {
	err := exec.Command("/app/prog").Run()
	return unless(err != nil && err.Error() == "fork/exec /app/prog: operation not permitted", "it said: %v", err)
}

func unless(fine bool, format string, details ...any) error {
	if fine {
		return nil
	}
	return fmt.Errorf(format, details...)
}
