// What a program can tell of how it was linked: the order of initialisation, names and lines in traces, types by name,
// methods that are only found by reflection, symbols that packages share.
package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

var (
	second = note("second", first)
	first  = note("first", 0)
	order  []string
)

func note(name string, _ int) int {
	order = append(order, name)
	return len(order)
}

func init() { order = append(order, "init") }

type shape interface{ Area() float64 }

type square struct{ Side float64 }

func (s square) Area() float64            { return s.Side * s.Side }
func (s *square) Grow(by float64)         { s.Side *= by }
func (s square) String() string           { return fmt.Sprintf("square of %g", s.Side) }
func (s square) Compare(other any) string { return fmt.Sprintf("%T against %T", s, other) }

type pair[K comparable, V any] struct {
	Key   K
	Value V
}

func sorted[K interface{ ~int | ~string }, V any](of map[K]V) []pair[K, V] {
	all := []pair[K, V]{}
	for _, key := range slices.Sorted(maps.Keys(of)) {
		all = append(all, pair[K, V]{key, of[key]})
	}
	return all
}

func reflection() {
	value := reflect.ValueOf(&square{2})
	for i := range value.NumMethod() {
		fmt.Println(value.Type().Method(i).Name, value.Method(i).Type())
	}
	value.MethodByName("Grow").Call([]reflect.Value{reflect.ValueOf(1.5)})
	fmt.Println(value.MethodByName("Compare").Call([]reflect.Value{reflect.ValueOf(io.EOF)})[0], value)
	fmt.Println(reflect.TypeOf(pair[string, []shape]{}), reflect.TypeOf(map[[3]int]chan<- error(nil)))
}

func traces() {
	defer func() {
		fmt.Println("recovered:", recover())
		pcs := make([]uintptr, 16)
		frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
		for more := true; more; {
			var frame runtime.Frame
			frame, more = frames.Next()
			fmt.Println(frame.Function, strings.HasSuffix(frame.File, ".go"), frame.Line)
		}
	}()
	var nothing *square
	fmt.Println(nothing.Side)
}

func concurrency() {
	var group sync.WaitGroup
	results := make(chan int, 100)
	for i := range 100 {
		group.Add(1)
		go func() {
			defer group.Done()
			time.Sleep(time.Duration(i%3) * time.Millisecond)
			results <- i * i
		}()
	}
	group.Wait()
	close(results)
	sum := 0
	for result := range results {
		sum += result
	}
	fmt.Println(sum)
}

func main() {
	fmt.Println(order, first, second)
	fmt.Println(sorted(map[string]shape{"b": square{1}, "a": &square{3}}))
	reflection()
	traces()
	concurrency()
	table := tabwriter.NewWriter(os.Stdout, 0, 8, 1, ' ', tabwriter.Debug)
	fmt.Fprintf(table, "a\tb\n%v\t%q\n", errors.Join(io.EOF, os.ErrNotExist), []string{"x"})
	table.Flush()
	info, ok := debug.ReadBuildInfo()
	fmt.Println(info, ok, runtime.Version(), runtime.GOROOT())
	words := strings.Fields("the quick brown fox")
	sort.Sort(sort.Reverse(sort.StringSlice(words)))
	fmt.Println(words)
	runtime.GC()
	var kept [][]byte
	for i := range 1000 {
		kept = append(kept, make([]byte, i))
	}
	fmt.Println(len(kept))
	panic(fmt.Errorf("the end: %w", io.ErrUnexpectedEOF))
}
