/** Sockets: for the net, and local ones. */
import { type AnyOf, type ArgumentTest, allowed, because, type Constants, type Policy } from "./policy.js";

const test = (argument: number, name: string, oneOf: Constants, besides?: Constants): ArgumentTest => ({
  ...{ argument, name, bits: 32, oneOf },
  ...(besides && { besides }),
});

const stream = { SOCK_STREAM: 1 };
const datagrams = { SOCK_DGRAM: 2 };
const atCreation = { SOCK_NONBLOCK: 0x800, SOCK_CLOEXEC: 0x8_0000 };

/** MPTCP is none of these: no table tells what waits in its queues. Go, which tries it where it listens, then takes TCP. */
const online = [
  test(0, "domain", { AF_INET: 2, AF_INET6: 10 }),
  test(1, "type", { ...stream, ...datagrams }, atCreation),
  test(2, "protocol", { "0": 0, IPPROTO_TCP: 6, IPPROTO_UDP: 17 }),
];
const local = (types: Constants) => [test(0, "domain", { AF_UNIX: 1 }), test(1, "type", types, atCreation)];

/**
 * MSG_EOR above all is none of these: it keeps what is sent apart from what comes next, and a byte then takes some 740 of the
 * kernel's, of which its tables tell one.
 */
const usualSend = (argument: number): AnyOf => ({
  anyOf: [[test(argument, "flags", { "0": 0 }, { MSG_DONTWAIT: 0x40, MSG_NOSIGNAL: 0x4000 })]],
});

const [SOL_SOCKET, IPPROTO_TCP, IPPROTO_IPV6] = [{ SOL_SOCKET: 1 }, { IPPROTO_TCP: 6 }, { IPPROTO_IPV6: 41 }];

const socketOptions = { SO_REUSEADDR: 2, SO_BROADCAST: 6, SO_KEEPALIVE: 9, SO_LINGER: 13 };
const bufferOptions = { SO_SNDBUF: 7, SO_RCVBUF: 8 };
const toRead = { SO_TYPE: 3, SO_ERROR: 4, ...bufferOptions, SO_PROTOCOL: 38 };
const tcpOptions = { TCP_NODELAY: 1, TCP_KEEPIDLE: 4, TCP_KEEPINTVL: 5, TCP_KEEPCNT: 6 };

/** By level and option. */
const options = (ofSockets: Constants): AnyOf => ({
  anyOf: [
    [test(1, "level", SOL_SOCKET), test(2, "optname", ofSockets)],
    [test(1, "level", IPPROTO_TCP), test(2, "optname", tcpOptions)],
    [test(1, "level", IPPROTO_IPV6), test(2, "optname", { IPV6_V6ONLY: 26 })],
  ],
});

const optionReason = "what package net sets; all others take memory that no limit counts (keys, filters, memberships), or have no use here";

/** With buffers of the usual size. */
const modestOptions: Policy = because(`${optionReason}; larger buffers too`, { setsockopt: options(socketOptions) });

const onlineCalls: Policy = {
  ...allowed("package net", "bind listen accept4 connect getsockname getpeername recvfrom recvmsg shutdown"),
  ...because("package net; no records (MSG_EOR), no urgent data, nothing by reference", { sendto: usualSend(3), sendmsg: usualSend(2) }),
  ...because("it takes MSG_EOR from memory too, where a filter can't look; callers then use sendmsg", { sendmmsg: "missing" }),
  ...because("callers then use recvmsg", { recvmmsg: "missing" }),
  ...because("what package net reads, and what may be set", { getsockopt: options({ ...socketOptions, ...toRead }) }),
  ...because(optionReason, { setsockopt: options({ ...socketOptions, ...bufferOptions }) }),
};

/** Streams alone, without IPv6: what the go command asks of our builder, and our builder of the server's forwarder. */
export const fetchSocketCalls: Policy = {
  ...onlineCalls,
  ...because("package net: TCP to the builder's loopback address, and the local socket of the server's forwarder", {
    socket: {
      anyOf: [
        [
          test(0, "domain", { AF_UNIX: 1, AF_INET: 2 }),
          test(1, "type", stream, atCreation),
          test(2, "protocol", { "0": 0, IPPROTO_TCP: 6 }),
        ],
      ],
    },
  }),
};

const withLocal = (types: Constants, reason: string): Policy =>
  because(reason, { socket: { anyOf: [local(types), online] }, socketpair: { anyOf: [local(types)] } });

/** Local sockets besides. */
export const socketCalls: Policy = {
  ...onlineCalls,
  ...withLocal({ ...stream, ...datagrams, SOCK_SEQPACKET: 5 }, "package net: TCP, UDP and local sockets"),
};

/**
 * For programs whose sockets the supervisor counts. A receiver keeps the datagrams of senders that are closed, which are in no
 * table; a message (sendmsg) can carry descriptors, which then are in no table either.
 */
export function countedSocketCalls(): Policy {
  const { sendmsg: _, ...calls } = socketCalls;
  return {
    ...calls,
    ...modestOptions,
    ...withLocal(stream, "package net: TCP, UDP and local streams; what waits in local datagrams is not counted"),
  };
}
