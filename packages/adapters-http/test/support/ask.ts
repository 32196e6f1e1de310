import { RawConnection } from "./raw-request.js";

export interface RawAnswer {
  status: number;
  /** By name in lower case. */
  headers: Record<string, string>;
  body: string;
}

export interface RawAsk {
  method?: string;
  /** As it stands in the request line. */
  target?: string;
  version?: "HTTP/1.0" | "HTTP/1.1";
  /** In this order, twice where a name is there twice. */
  headers?: [name: string, value: string][];
  body?: string;
}

/** Sends exactly these bytes, `Host` only where it is among the headers, and takes the one answer. */
export async function ask(port: number, { method = "GET", target = "/", version = "HTTP/1.1", headers = [], body = "" }: RawAsk) {
  const connection = new RawConnection(port);
  const lines = [...headers, ["Content-Length", String(Buffer.byteLength(body))], ["Connection", "close"]].map(
    ([n, v]) => `${n}: ${v}\r\n`,
  );
  connection.write(`${method} ${target} ${version}\r\n${lines.join("")}\r\n${body}`);
  await connection.ended;
  return parseAnswer(connection.received);
}

function parseAnswer(text: string): RawAnswer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [statusLine = "", ...fields] = head.split("\r\n");
  const headers = Object.fromEntries(
    fields.map((field) => [field.slice(0, field.indexOf(":")).toLowerCase(), field.slice(field.indexOf(":") + 1).trim()]),
  );
  return { status: Number(statusLine.split(" ")[1]), headers, body: rest.join("\r\n\r\n") };
}
