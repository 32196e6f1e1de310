/** Programs that try to reach somebody. */
import type { Attack } from "../attack.js";
import { goCode, tries } from "./go-code.js";

const dials = (...targets: [network: string, address: string][]) =>
  goCode(
    "errors fmt net os syscall time",
    `	_ = os.Args
	for _, target := range [][2]string{${targets.map(([network, address]) => `{"${network}", ${address}}`).join(", ")}} {
		connection, err := net.DialTimeout(target[0], target[1], 300*time.Millisecond)
		if err == nil && target[0] == "udp" {
			_, err = connection.Write([]byte("from the sandbox"))
		}
		try(target[0]+" "+target[1], err)
	}`,
    tries,
  );

const line = "TCP, UDP, DNS, IPv6, metadata service, abstract and path sockets";
const reached = /: done/;

export const network: Attack[] = [
  {
    name: "TCP to a listener on the host's loopback",
    line,
    request: { files: dials(["tcp", "os.Args[1]"]) },
    argsOf: ({ tcpPort }) => [`127.0.0.1:${tcpPort}`],
    ends: ["ok"],
    says: /connection refused|operation not permitted/,
    hides: reached,
    control: { without: "network namespace", says: reached },
    representative: "everywhere",
  },
  {
    name: "UDP to a listener on the host's loopback",
    line,
    // The second write tells of the first: nobody was there (ICMP port unreachable).
    request: {
      files: goCode(
        "errors fmt net os syscall time",
        `	connection, err := net.Dial("udp", os.Args[1])
	if err == nil {
		connection.Write([]byte("from the sandbox"))
		time.Sleep(50 * time.Millisecond)
		_, err = connection.Write([]byte("from the sandbox"))
	}
	try("udp", err)`,
        tries,
      ),
    },
    argsOf: ({ udpPort }) => [`127.0.0.1:${udpPort}`],
    ends: ["ok"],
    hides: reached,
    control: { without: "network namespace", says: reached },
  },
  {
    name: "an abstract socket of the host",
    line,
    request: { files: dials(["unix", "os.Args[1]"]) },
    argsOf: ({ abstractSocket }) => [`@${abstractSocket}`],
    ends: ["ok"],
    hides: reached,
    control: { without: "network namespace", says: reached },
    representative: "once",
  },
  {
    name: "a socket with a path on the host",
    line,
    request: { files: dials(["unix", "os.Args[1]"], ["unix", '"/run/docker.sock"'], ["unix", '"/run/dbus/system_bus_socket"']) },
    argsOf: ({ pathSocket }) => [pathSocket],
    ends: ["ok"],
    hides: reached,
    control: { without: "empty root", says: reached },
  },
  {
    name: "addresses elsewhere, by IPv4 and IPv6, and the metadata service",
    line,
    request: {
      files: dials(["tcp", '"169.254.169.254:80"'], ["tcp", '"192.0.2.1:80"'], ["tcp", '"[2001:db8::1]:80"'], ["udp", '"192.0.2.1:53"']),
    },
    ends: ["ok"],
    hides: reached,
  },
  {
    name: "a name to look up",
    line,
    request: {
      files: goCode(
        "context fmt net os time",
        `	theirs := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("udp", os.Args[1])
	}}
	for _, resolver := range []*net.Resolver{net.DefaultResolver, theirs} {
		patience, stop := context.WithTimeout(context.Background(), time.Second)
		found, err := resolver.LookupHost(patience, "gorunner.test")
		fmt.Println("found", len(found), err != nil)
		stop()
	}`,
      ),
    },
    argsOf: ({ nameServerPort }) => [`127.0.0.1:${nameServerPort}`],
    ends: ["ok"],
    prints: "found 0 true\nfound 0 true\n",
    control: { without: "network namespace", says: /found 1 false/ },
  },
];
