/** Chance that repeats: the same seed, the same numbers. */

/** @returns a number from 0 up to, but not, 1. */
export type Random = () => number;

/** Marsaglia's xorshift with 32 bits of state. */
export function randomFrom(seed: number): Random {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
