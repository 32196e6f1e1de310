/** Another site on this machine: an empty page, under whatever name it is asked for. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export const emptyPage = "<!DOCTYPE html><html lang=en><title>a foreign page</title><body></body></html>";

export interface ForeignSite {
  port: number;
  close(): Promise<void>;
}

export async function openForeignSite(): Promise<ForeignSite> {
  const server = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(emptyPage);
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
