/** What clients may take of the server before they are refused. */
export interface GrpcLimits {
  /** Open connections, in all and of one address. */
  maxConnections: number;
  maxConnectionsPerPeer: number;
  /** Calls that one connection may have open; a client's further calls wait in the client. */
  maxStreams: number;
  /** The largest message that is read, after decompression. */
  maxRequestBytes: number;
  /** The headers of one call, names and values. */
  maxHeaderBytes: number;
  /** What open calls may hold in memory: requests, and answers that are not taken yet. One address may hold half of it. */
  maxBufferBytes: number;
  /** How long a connection may take to begin, and a request to arrive. */
  receiveTimeoutMs: number;
  /** How long a client may take to take an answer. */
  answerTimeoutMs: number;
  /** How long a connection may be without a call. */
  idleTimeoutMs: number;
  /** How long a connection may last; its calls may then end. */
  connectionAgeMs: number;
}

const mib = 1024 * 1024;

export const defaultGrpcLimits: GrpcLimits = {
  maxConnections: 1024,
  maxConnectionsPerPeer: 512,
  maxStreams: 100,
  // Above the 64 KiB of code that are allowed, so that a client which sends too much code is told that it is too much.
  maxRequestBytes: mib / 8,
  maxHeaderBytes: 16 * 1024,
  maxBufferBytes: 32 * mib,
  receiveTimeoutMs: 10_000,
  answerTimeoutMs: 30_000,
  idleTimeoutMs: 5 * 60_000,
  connectionAgeMs: 60 * 60_000,
};
