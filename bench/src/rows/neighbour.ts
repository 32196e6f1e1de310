/** A neighbour's hello worlds while somebody else sends the whole corpus of attacks, over and over. */
import { attackTexts } from "@gorunner/e2e/attacks/as-texts.js";
import { post } from "@gorunner/e2e/attacks/service/stage.js";
import type { Row } from "../bench.js";
import { timed } from "../interleave.js";
import { hello } from "../programs.js";
import { reportOf } from "../server/server-report.js";
import { type Summary, summaryOf } from "../statistics.js";
import { targets } from "../targets.js";

/** By its address the server tells callers apart, and lets them take turns. */
const attacker = "127.66.6.6";
const neighbour = "127.0.0.77";
/** Attacks under way at once: four times as many as have a place on two cores. */
const atOnce = 8;
/** Of so many attacks one is left alone by its client. */
const hangUpEvery = 7;

interface Told {
  /** How long each took, whatever came of it. */
  ms: number[];
  failures: string[];
}

export const neighbourhood: Row = async (bench) => {
  const { server, counts, progress } = bench;
  const url = `${server.rest}/run`;
  const report = await reportOf(server);
  progress(`${counts.neighbour} hello worlds, alone`);
  const alone = await greet(url, counts.neighbour);
  progress(`${counts.neighbour} hello worlds, beside attackers`);
  const attack = startAttacks(url);
  const beside = await greet(url, counts.neighbour);
  const made = await attack.stop();
  const failures = [...alone.failures, ...beside.failures];
  if (failures.length > 0) throw new Error(`${failures.length} hello worlds of the neighbour failed: ${failures.slice(0, 3).join("; ")}`);
  const [measured, reference]: [Summary, Summary] = [summaryOf(beside.ms), summaryOf(alone.ms)];
  const work = "hello, never seen, beside the corpus of attacks";
  return {
    lines: [
      { work, subject: "REST", unit: "ms", measured, reference: { name: "without attackers", measured: reference } },
      { work, subject: "failed", unit: "", measured: { count: beside.ms.length, median: beside.failures.length }, target: targets.nothing },
    ],
    server: await report(),
    notes: [
      `${made} attacks were made meanwhile, ${atOnce} at once, by one other caller. p99 ${Math.round(measured.p99)} ms beside them, ${Math.round(reference.p99)} ms without.`,
      "The neighbour has the place that is kept for callers of whom nothing runs; what is left of the difference is the processors, which it shares with the attacks.",
    ],
  };
};

async function greet(url: string, times: number): Promise<Told> {
  const told: Told = { ms: [], failures: [] };
  for (let round = 0; round < times; round++) {
    const { code, output } = hello();
    told.ms.push(
      await timed(async () => {
        const { status, body } = await post({ url, body: JSON.stringify({ code }), from: neighbour });
        if (status !== 200 || (JSON.parse(body) as { output: string }).output !== output)
          told.failures.push(`${status}: ${body.slice(0, 200)}`);
      }),
    );
  }
  return told;
}

/** @returns a function that stops them, and answers how many there were. */
function startAttacks(url: string): { stop: () => Promise<number> } {
  const texts = attackTexts();
  let made = 0;
  let going = true;
  const loop = async () => {
    while (going) {
      const index = made++;
      const signal = index % hangUpEvery === 0 ? AbortSignal.timeout(index % 500) : undefined;
      // Refused, answered, cut off: nothing of it is the neighbour's concern.
      await post({ url, body: JSON.stringify({ code: texts[index % texts.length] }), from: attacker, ...(signal && { signal }) }).catch(
        () => {},
      );
    }
  };
  const loops = Array.from({ length: atOnce }, loop);
  return {
    stop: async () => {
      going = false;
      await Promise.all(loops);
      return made;
    },
  };
}
