import type { ServerResponse } from "node:http";
import { leavesBody } from "../connections/body.js";

/** A JSON answer before it is sent. */
export interface Answer {
  httpStatus: number;
  body: object;
  headers?: Record<string, string>;
}

/** Sends `answer`, unless the client has gone or has been answered already. */
export function send(response: ServerResponse, { httpStatus, body, headers }: Answer): void {
  sendJson(response, { httpStatus, json: [Buffer.from(JSON.stringify(body))], ...(headers === undefined ? {} : { headers }) });
}

/** The same for a body that has been written as JSON already. */
export function sendJson(response: ServerResponse, { httpStatus, json, headers }: Omit<Answer, "body"> & { json: Buffer[] }): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(httpStatus, {
    "Content-Type": "application/json",
    "Content-Length": json.reduce((sum, { length }) => sum + length, 0),
    "Cache-Control": "no-store",
    ...(leavesBody(response.req) ? { Connection: "close" } : {}),
    ...headers,
  });
  for (const part of json.slice(0, -1)) response.write(part);
  response.end(json.at(-1));
}
