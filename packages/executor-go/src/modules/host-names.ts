/** Addresses of the few hosts that the forwarder may ask, and which of them are inside the operator's network. */
import { promises as dns, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/**
 * Not of the public internet (IANA's special-purpose registries), those that lead to others by translation included. Two
 * lists: one would take an IPv4 address for the IPv6 address that it is mapped to.
 */
const inner4 = new BlockList();
for (const [network, bits] of [
  ...([
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
  ] as const),
  ...([
    ["192.0.0.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["224.0.0.0", 4],
    ["240.0.0.0", 4],
  ] as const),
]) {
  inner4.addSubnet(network, bits, "ipv4");
}
const inner6 = new BlockList();
for (const [network, bits] of [
  ...([
    ["::", 96],
    ["::ffff:0:0", 96],
    ["64:ff9b::", 32],
    ["2001::", 32],
    ["2002::", 16],
  ] as const),
  ...([
    ["fc00::", 7],
    ["fe80::", 10],
    ["ff00::", 8],
  ] as const),
]) {
  inner6.addSubnet(network, bits, "ipv6");
}

/** Whether an address is of this host, of its links or of a private network. */
export function isInner(address: string): boolean {
  const family = isIP(address);
  return family === 0 || (family === 4 ? inner4.check(address, "ipv4") : inner6.check(address, "ipv6"));
}

/** For how long an answer holds, and a failure. */
const keptMs = 30_000;
const failureKeptMs = 1_000;

export class HostNames {
  readonly #known = new Map<string, { addresses: Promise<LookupAddress[]>; untilMs: number }>();
  #last: Promise<unknown> = Promise.resolve();

  /**
   * One lookup at a time, and one for all who ask: each takes a thread of Node's pool until the resolver gives up, and file
   * system calls wait for those threads too.
   */
  resolve(host: string): Promise<LookupAddress[]> {
    const family = isIP(host);
    if (family !== 0) return Promise.resolve([{ address: host, family }]);
    const known = this.#known.get(host);
    if (known !== undefined && performance.now() < known.untilMs) return known.addresses;
    const addresses = this.#last.then(() => dns.lookup(host, { all: true }));
    const entry = { addresses, untilMs: Number.POSITIVE_INFINITY };
    const keepFor = (ms: number) => () => {
      entry.untilMs = performance.now() + ms;
    };
    this.#last = addresses.then(keepFor(keptMs), keepFor(failureKeptMs));
    this.#known.set(host, entry);
    return addresses;
  }
}

/** As `lookup` of a connection: it goes where these addresses are and nowhere else. */
export const fixedLookup =
  (addresses: LookupAddress[]): LookupFunction =>
  (_host, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, addresses);
    else if (first !== undefined) callback(null, first.address, first.family);
  };
