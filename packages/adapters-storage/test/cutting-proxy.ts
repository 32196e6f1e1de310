import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy that breaks connections at a chosen moment, as a failover does. */
export interface CuttingProxy {
  readonly port: number;
  /** Breaks the next connection that is made, before anything is sent. */
  refuseNext(): void;
  /** Lets the next message that contains `text` through, and breaks its connection instead of handing back the answer. */
  loseAnswerTo(text: string): void;
  close(): Promise<void>;
}

export async function startCuttingProxy(target: { host: string; port: number }): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let refusals = 0;
  let lost: string | undefined;
  const server = createServer((client) => {
    if (refusals > 0) {
      refusals--;
      client.destroy();
      return;
    }
    const upstream = connect(target);
    let isDoomed = false;
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) sockets.add(socket.on("error", end).on("close", end).setNoDelay());
    client.on("data", (chunk) => {
      if (lost !== undefined && chunk.includes(lost)) {
        lost = undefined;
        isDoomed = true;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => (isDoomed ? end() : client.write(chunk)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    refuseNext: () => void refusals++,
    loseAnswerTo(text) {
      lost = text;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
