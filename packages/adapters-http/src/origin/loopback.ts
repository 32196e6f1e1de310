/** What only ever means this machine. */
import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether an IP address is one of the loopback interface, in any of its spellings (`::ffff:127.0.0.1`). */
export function isLoopbackAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 4 ? "ipv4" : "ipv6");
}

/**
 * Whether no name server can give the name another address: RFC 6761 reserves `localhost` and the names below it. The
 * unspecified addresses reach this machine too, and no page's name can be one of them.
 */
export const isLoopbackName = (name: string) =>
  name === "localhost" || name.endsWith(".localhost") || isLoopbackAddress(name) || unspecified.has(name);

const unspecified: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);
