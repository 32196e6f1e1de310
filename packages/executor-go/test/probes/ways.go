// What the standard library does in several ways, of which the kernel's fast one may not be there: one line of outcome for each.
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
	"slices"
	"syscall"
	"time"
)

// Larger than any buffer on the way.
var content = bytes.Repeat([]byte("0123456789abcdef"), 1<<16)

// All but those that are named.
func main() {
	for _, thing := range []struct {
		name string
		do   func() error
	}{
		{"a file to a file", fileToFile},
		{"a file to TCP", fileTo("tcp", "127.0.0.1:0")},
		{"a file to a local socket", fileTo("unix", filepath.Join(os.TempDir(), "copies"))},
		{"TCP to TCP", socketToSocket("tcp", "127.0.0.1:0")},
		{"TCP to a file", socketToFile},
		{"buffers to TCP", buffersToSocket},
		{"a file by HTTP", servesFile},
		{"options of TCP", tcpOptions},
		{"a socket's file", socketFile},
		{"a signal to itself", signalsItself},
		{"a signal to others", signalsOthers},
		{"a root", root},
		{"names and programs", names},
	} {
		if !slices.Contains(os.Args[1:], thing.name) {
			fmt.Println(thing.name+":", thing.do())
		}
	}
}

func contentFile() (*os.File, error) {
	name := filepath.Join(os.TempDir(), "content")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		return nil, err
	}
	return os.Open(name)
}

func same(got []byte, err error) error {
	if err == nil && !bytes.Equal(got, content) {
		return fmt.Errorf("%d bytes came of %d", len(got), len(content))
	}
	return err
}

func fileToFile() error {
	from, err := contentFile()
	if err != nil {
		return err
	}
	to, err := os.Create(from.Name() + "-copy")
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	got, readErr := os.ReadFile(to.Name())
	return same(got, errors.Join(err, readErr))
}

// received is what send writes to a connection.
func received(network, address string, send func(net.Conn) error) ([]byte, error) {
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	failed := make(chan error, 1)
	go func() {
		to, err := net.Dial(network, listener.Addr().String())
		if err == nil {
			err = errors.Join(send(to), to.Close())
		}
		failed <- err
	}()
	from, err := listener.Accept()
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(from)
	return got, errors.Join(err, <-failed)
}

func fileTo(network, address string) func() error {
	return func() error {
		return same(received(network, address, func(to net.Conn) error {
			from, err := contentFile()
			if err == nil {
				_, err = io.Copy(to, from)
			}
			return err
		}))
	}
}

// source is a connection from which the content comes.
func source(network, address string) (net.Conn, error) {
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	go func() {
		if to, err := listener.Accept(); err == nil {
			to.Write(content)
			to.Close()
		}
		listener.Close()
	}()
	return net.Dial(network, listener.Addr().String())
}

func socketToSocket(network, address string) func() error {
	return func() error {
		return same(received(network, address, func(to net.Conn) error {
			from, err := source(network, address)
			if err == nil {
				_, err = io.Copy(to, from)
			}
			return err
		}))
	}
}

func socketToFile() error {
	from, err := source("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	to, err := os.CreateTemp("", "")
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	got, readErr := os.ReadFile(to.Name())
	return same(got, errors.Join(err, readErr))
}

func buffersToSocket() error {
	return same(received("tcp", "127.0.0.1:0", func(to net.Conn) error {
		_, err := (&net.Buffers{content[:100], content[100:]}).WriteTo(to)
		return err
	}))
}

func servesFile() error {
	from, err := contentFile()
	if err != nil {
		return err
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, from.Name()) }))
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		return err
	}
	return same(io.ReadAll(answer.Body))
}

func tcpOptions() error {
	_, err := received("tcp", "127.0.0.1:0", func(to net.Conn) error {
		tcp := to.(*net.TCPConn)
		return errors.Join(
			tcp.SetNoDelay(false), tcp.SetKeepAlive(true), tcp.SetKeepAlivePeriod(time.Minute), tcp.SetLinger(1),
			tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: time.Second, Count: 3}),
		)
	})
	return err
}

func socketFile() error {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return err
	}
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	again, err := net.FileListener(file)
	return errors.Join(err, file.Close(), listener.Close(), again.Close())
}

func signalsItself() error {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR2)
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Signal(syscall.SIGUSR2); err != nil {
		return err
	}
	<-got
	return nil
}

func signalsOthers() error {
	parent, err := os.FindProcess(os.Getppid())
	if err != nil {
		return err
	}
	if err := parent.Signal(syscall.SIGTERM); !errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("it said %v", err)
	}
	return nil
}

func root() error {
	root, err := os.OpenRoot(os.TempDir())
	if err != nil {
		return err
	}
	file, err := root.Create("in root")
	if err != nil {
		return err
	}
	_, outside := root.Open("../etc/passwd")
	if outside == nil {
		return errors.New("it left its root")
	}
	return errors.Join(
		file.Close(), root.Chmod("in root", 0o644), root.Chtimes("in root", time.Now(), time.Now()), root.Mkdir("folder", 0o755),
		root.Rename("in root", "folder/file"), root.RemoveAll("folder"), root.Close(),
	)
}

func names() error {
	name, err := os.Hostname()
	if name != "sandbox" {
		return fmt.Errorf("the host is %q, %w", name, err)
	}
	_, err = exec.LookPath("prog")
	working, wdErr := os.Getwd()
	_, groupsErr := os.Getgroups()
	return errors.Join(err, wdErr, groupsErr, os.Chdir(working), os.CopyFS(filepath.Join(os.TempDir(), "all"), os.DirFS("/etc")))
}
