/**
 * Who calls, as far as we know: the address in a peer as grpc-js writes it, `10.0.0.1:4321` or `::1:4321`, without the
 * port, which each connection has another of.
 */
export const callerOf = (peer: string) => peer.replace(/:\d+$/, "");
