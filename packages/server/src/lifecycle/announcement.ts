/** What a person wants to know when a server has started: where it is, and one thing to try. */
import { formatHostPort, type HostPort } from "../config/address.js";
import type { Listening } from "./server.js";

const hello = JSON.stringify({
  code: 'package main\nimport "fmt"\nfunc main() {\n fmt.Println("Hello RunCode!")\n}',
});

/** Where a client on this machine finds it. */
const reachable = ({ host, port }: HostPort) =>
  formatHostPort({ host: host === "" || host === "0.0.0.0" || host === "::" ? "localhost" : host, port });

export function urlsOf({ grpc, http, metrics }: Listening) {
  const rest = `http://${reachable(http)}`;
  return {
    rest,
    docs: `${rest}/docs`,
    grpc: reachable(grpc),
    ...(metrics === undefined ? {} : { metrics: `http://${reachable(metrics)}/metrics` }),
  };
}

export function announcement(listening: Listening): string {
  const { rest, docs, grpc, metrics } = urlsOf(listening);
  return [
    "",
    `  REST     ${rest}  (documentation: ${docs})`,
    `  gRPC     ${grpc}`,
    ...(metrics === undefined ? [] : [`  metrics  ${metrics}`]),
    "",
    "Try:",
    "",
    `  curl -s ${rest}/run -d '${hello}'`,
    "",
    "",
  ].join("\n");
}
