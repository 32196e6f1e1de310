// Asks for its pid by the numbers of 32-bit x86: int 0x80, without a compiler's help.
package main

import (
	"fmt"
	"syscall"
	"unsafe"
)

var getpid = []byte{
	0xb8, 20, 0, 0, 0, // mov eax, 20
	0xcd, 0x80, // int 0x80
	0xc3, // ret
}

func main() {
	page, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE|syscall.PROT_EXEC, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		panic(err)
	}
	copy(page, getpid)
	// A func value points to a word that points to the code.
	entry := unsafe.Pointer(&page[0])
	closure := &entry
	call := *(*func() uintptr)(unsafe.Pointer(&closure))
	fmt.Println("before")
	fmt.Println(int(call()) == syscall.Getpid())
}
