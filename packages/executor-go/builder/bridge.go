package main

import (
	"io"
	"net"
	"strings"
	"sync"
)

// bridgeName stands for the bridge's URL in what the server has the go command obey.
const bridgeName = "{bridge}"

// bridge listens on the loopback of this sandbox, which has no other network, and carries each connection to the server's
// forwarder: the go command speaks to proxies over TCP alone.
type bridge struct {
	url    string
	socket string
}

func openBridge(socket string) *bridge {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	opened := &bridge{url: "http://" + listener.Addr().String(), socket: socket}
	go opened.serve(listener)
	return opened
}

// in puts the bridge's URL into a setting.
func (opened *bridge) in(setting string) string {
	return strings.ReplaceAll(setting, bridgeName, opened.url)
}

func (opened *bridge) serve(listener net.Listener) {
	for {
		inner, err := listener.Accept()
		if err != nil {
			return
		}
		go opened.carry(inner)
	}
}

// carry ends with the first side that ends: the go command then says what it lacks.
func (opened *bridge) carry(inner net.Conn) {
	defer inner.Close()
	outer, err := net.Dial("unix", opened.socket)
	if err != nil {
		return
	}
	defer outer.Close()
	var once sync.Once
	ended := make(chan struct{})
	end := func() { once.Do(func() { close(ended) }) }
	go func() {
		io.Copy(outer, inner)
		end()
	}()
	go func() {
		io.Copy(inner, outer)
		end()
	}()
	<-ended
}
