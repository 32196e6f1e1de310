/** A local server, and what of it foreign pages can be seen to have reached. */
import { restClient } from "../support/clients.js";
import { Gorunner } from "../support/gorunner.js";
import { metric } from "../support/metrics.js";
import type { Attempt } from "./attempts.js";

/** What no page may read: it is in the stored code, and is printed by it. */
export const marker = "stored-by-the-owner";
export const markedCode = `package main\n\nfunc main() { print("${marker}") }\n`;

export class Victim {
  readonly server: Gorunner;

  private constructor(server: Gorunner) {
    this.server = server;
  }

  static async start(cors: object = {}): Promise<Victim> {
    return new Victim(await Gorunner.start({ config: { cors } }));
  }

  get port(): number {
    return Number(new URL(this.server.rest).port);
  }

  /** Stores a snippet as a client that is no browser. */
  share(): Promise<bigint> {
    return restClient(this.server.rest).shareCode(markedCode);
  }

  async has(id: bigint): Promise<boolean> {
    const code = await restClient(this.server.rest)
      .getCode(id)
      .then((answer) => answer.code)
      .catch(() => "");
    return code === markedCode;
  }

  /** How many requests have been served as the attempt wants it. */
  served({ serves, code = "OK" }: { serves: Attempt["serves"]; code?: string }): Promise<number> {
    return metric(this.server.metrics, `runner_requests_total{transport="http",method="${serves}",code="${code}"}`);
  }

  refused(): Promise<number> {
    return metric(this.server.metrics, 'runner_requests_total{transport="http",method="unknown",code="PERMISSION_DENIED"}');
  }

  /** All requests that came as far as one of the four calls, over any transport, whatever became of them. */
  async calls(): Promise<number> {
    const text = await (await fetch(this.server.metrics)).text();
    return text
      .split("\n")
      .filter((line) => /^runner_requests_total\{.*method="(RunCode|ShareCode|GetCodeByID|DeleteCode)"/.test(line))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}
