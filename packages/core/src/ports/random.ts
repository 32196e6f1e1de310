/** Where what nobody may guess comes from: a cryptographically strong source, as `node:crypto`'s `randomBytes` is. */
export interface Random {
  /** @returns that many bytes, each independent of every other. */
  bytes(count: number): Uint8Array;
}
