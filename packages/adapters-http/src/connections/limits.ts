/** What clients may take of an HTTP server before they are refused. */
export interface HttpLimits {
  /** Open connections, in all and of one address. */
  maxConnections: number;
  maxConnectionsPerPeer: number;
  /** The request line and the headers of one request. */
  maxHeaderBytes: number;
  /**
   * What connections may hold in memory: bodies that arrive, requests that wait, answers that are not taken yet. One address
   * may hold half of it.
   */
  maxBufferBytes: number;
  /** How long a request may take to arrive; its headers, at most ten seconds. A run is not limited by it. */
  receiveTimeoutMs: number;
  /** How long a client may take to take an answer. */
  answerTimeoutMs: number;
  /** How long a connection may be without a request. */
  idleTimeoutMs: number;
}

export const defaultHttpLimits: HttpLimits = {
  maxConnections: 1024,
  maxConnectionsPerPeer: 512,
  maxHeaderBytes: 16 * 1024,
  maxBufferBytes: 32 * 1024 * 1024,
  receiveTimeoutMs: 30_000,
  answerTimeoutMs: 30_000,
  idleTimeoutMs: 75_000,
};
