// Packages that are loaded after the ones that were loaded ahead, and what they share with those.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"time"
)

type message struct {
	Name  string         `json:"name"`
	Sizes []int          `json:"sizes,omitempty"`
	More  map[string]any `json:"more"`
	At    time.Time      `json:"at"`
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	text := must(json.Marshal(message{Name: "é", Sizes: []int{1, 2}, More: map[string]any{"b": nil, "a": 1.5}}))
	var back message
	fmt.Println(string(text), json.Unmarshal(text, &back), back)

	page := template.Must(template.New("page").Parse(`<a href="{{.}}">{{. | printf "%q"}}</a>`))
	fmt.Println(page.Execute(os.Stdout, `javascript:alert("x")`))

	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	io.WriteString(writer, strings.Repeat("go", 500))
	writer.Close()
	fmt.Println(len(must(io.ReadAll(must(gzip.NewReader(&packed))))))

	fmt.Printf("%x\n", sha256.Sum256(text))
	fmt.Println(new(big.Int).Exp(big.NewInt(3), big.NewInt(200), nil))
	fmt.Println(regexp.MustCompile(`(\w+)@(\w+)`).ReplaceAllString("a@b c@d", "$2 at $1"))

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Method, " ", r.URL.Path)
	}))
	defer server.Close()
	within, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	request := must(http.NewRequestWithContext(within, http.MethodPut, server.URL+"/path", nil))
	fmt.Println(string(must(io.ReadAll(must(http.DefaultClient.Do(request)).Body))))

	slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})).Info("told", "error", io.EOF)
	os.Exit(3)
}
