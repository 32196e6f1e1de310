/** A caller on another address, who runs hello all the while. */
import assert from "node:assert/strict";
import type { Gorunner } from "../../../support/gorunner.js";
import { hello } from "../../../support/programs.js";
import { post } from "../stage.js";

const body = JSON.stringify({ code: hello });

export class Neighbour {
  readonly #server: Gorunner;

  constructor(server: Gorunner) {
    this.#server = server;
  }

  /** Runs hello so many times, one after another. @returns how long the slowest but one in a hundred took, in milliseconds. */
  async runs(times: number): Promise<number> {
    const took: number[] = [];
    for (let index = 0; index < times; index++) took.push(await this.#run());
    return percentile99(took);
  }

  /** Runs it until `work` has ended, at least ten times. */
  async runsWhile<Result>(work: Promise<Result>): Promise<{ result: Result; p99Ms: number }> {
    const took: number[] = [];
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    while (!isOver || took.length < 10) took.push(await this.#run());
    return { result: await over, p99Ms: percentile99(took) };
  }

  async #run(): Promise<number> {
    const startedMs = performance.now();
    const answer = await post({ url: `${this.#server.rest}/run`, body, from: "127.0.0.2" });
    assert.equal(answer.status, 200, answer.body);
    assert.equal((JSON.parse(answer.body) as { output: string }).output, "Hello RunCode!\n");
    return performance.now() - startedMs;
  }
}

const percentile99 = (values: number[]) => values.sort((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? 0;
