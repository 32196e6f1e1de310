/** Programs that fill memory in ways of which there are several. */
import { goCode } from "./go-code.js";

export const memoryFiles = goCode(
  "runtime syscall unsafe",
  `	number := map[string]uintptr{"amd64": 319, "arm64": 279}[runtime.GOARCH]
	name := []byte("m\\x00")
	piece := make([]byte, 1<<20)
	for range 12 {
		fd, _, errno := syscall.RawSyscall(number, uintptr(unsafe.Pointer(&name[0])), 0, 0)
		if errno != 0 {
			println("refused:", errno.Error())
			return
		}
		for range 16 {
			if _, err := syscall.Write(int(fd), piece); err != nil {
				println("refused:", err.Error())
				return
			}
		}
	}
	println("survived")`,
);

/** Many connections, each filled until it takes no more. */
export function unread(network: string, address: string) {
  return goCode(
    "net time",
    `	type buffered interface {
		SetReadBuffer(int) error
		SetWriteBuffer(int) error
	}
	listener, err := net.Listen("${network}", "${address}")
	if err != nil {
		println("refused:", err.Error())
		return
	}
	piece := make([]byte, 64<<10)
	total := 0
	var kept []net.Conn
	for total < 192<<20 {
		sender, err := net.Dial("${network}", listener.Addr().String())
		if err != nil {
			println("refused:", err.Error())
			break
		}
		receiver, err := listener.Accept()
		if err != nil {
			println("refused:", err.Error())
			break
		}
		kept = append(kept, sender, receiver)
		sender.(buffered).SetWriteBuffer(4 << 20)
		receiver.(buffered).SetReadBuffer(4 << 20)
		for {
			sender.SetWriteDeadline(time.Now().Add(2 * time.Millisecond))
			n, err := sender.Write(piece)
			total += n
			if err != nil {
				break
			}
		}
	}
	time.Sleep(time.Second)
	println("survived with", total>>20, "MiB in", len(kept), "sockets")`,
  );
}

export function maps(kind: string, then = "") {
  return goCode(
    "syscall",
    `	for range 12 {
		piece, err := syscall.Mmap(-1, 0, 16<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|${kind})
		if err != nil {
			println("refused:", err.Error())
			return
		}
		for i := 0; i < len(piece); i += 4096 {
			piece[i] = 1
		}
		${then}
	}
	println("survived")`,
  );
}
