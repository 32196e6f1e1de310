/**
 * The frame of every contract: one case a rule, each on a freshly opened port that is closed whatever happens.
 *
 * The kit takes the caller's `it` (mocha's, node:test's, vitest's), so that it depends on no test framework.
 */

/** Declares one test. */
export type It = (rule: string, body: () => Promise<void>) => unknown;

/** A port opened for one case, isolated from every other. */
export interface Opened<Port> {
  port: Port;
  /** Releases all that opening took. */
  close(): Promise<unknown> | unknown;
}

/** A function that declares cases on ports from `open`. */
export function casesOn<Port>(it: It, open: () => Promise<Opened<Port>>) {
  return (rule: string, body: (port: Port) => Promise<void>) => it(rule, () => withOpened(open, body));
}

/** Opens a port, hands it to `body`, and closes it whatever happens. */
export async function withOpened<Port>(open: () => Promise<Opened<Port>>, body: (port: Port) => Promise<void>): Promise<void> {
  const opened = await open();
  try {
    await body(opened.port);
  } finally {
    await opened.close();
  }
}
