/**
 * `npm run test:faults`: every fault under load, each for some seconds, then the model with faults among its commands, then
 * a server whose host runs out of one thing after the other.
 * Exit code 1 when something that clients were told did not stay true.
 */
import { runShortage } from "./exhaustion/run-shortage.js";
import { shortages } from "./exhaustion/shortages.js";
import { startSmallServer } from "./exhaustion/small-server.js";
import { faults as allFaults, type Fault } from "./fault.js";
import { runModel } from "./model/run-model.js";
import { optionsOf, UsageError, usage } from "./options.js";
import { type FaultRun, runFault } from "./run-fault.js";
import { openStage, type Stage } from "./stage.js";
import { tableOf, writeTable } from "./table.js";

const timing = { wellMs: 1500, faultMs: 7000 };
/** How long a host lacks something, and how often each. */
const shortageMs = 5000;
const shortageRounds = 2;
/** The default of `db.timeout`. */
const storeTimeoutMs = 5000;
/** How many violations of a fault are told. */
const told = 10;

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof UsageError ? `test:faults: ${error.message}\n\n${usage}` : error);
  return error instanceof UsageError ? 2 : 1;
});

async function main(args: string[]): Promise<number> {
  const { help, faults, runs, seed, write, exhaustion } = optionsOf(args);
  if (help) {
    console.log(usage);
    return 0;
  }
  console.error(`seed ${seed}`);
  const results = await playAll(faults, seed);
  console.log(tableOf(results));
  if (write) console.error(`written to ${await writeTable(tableOf(results))}`);
  const isModelled = runs === 0 || (await modelHolds(runs, seed));
  const isExhaustible = !exhaustion || (await exhaustionHolds());
  return isModelled && isExhaustible && results.every(({ violations }) => violations.length === 0) ? 0 : 1;
}

async function playAll(faults: readonly Fault[], seed: number): Promise<FaultRun[]> {
  return on(await openStage({ storeTimeoutMs }), async (stage) => {
    const runs: FaultRun[] = [];
    for (const fault of faults) {
      console.error(fault.name);
      const run = await runFault(stage, fault, { ...timing, seed });
      for (const violation of run.violations.slice(0, told)) console.error(`  ${violation}`);
      if (run.violations.length > told) console.error(`  and ${run.violations.length - told} more`);
      runs.push(run);
    }
    return runs;
  });
}

async function modelHolds(runs: number, seed: number): Promise<boolean> {
  console.error(`the model, ${runs} times`);
  return on(await openStage({ storeTimeoutMs: 1000 }), async (stage) => {
    try {
      await runModel(stage, { faults: allFaults, seed, runs, commands: 30 });
      console.error("it holds");
      return true;
    } catch (failure) {
      console.error(failure);
      return false;
    }
  });
}

/** @returns whether a server outlived all shortages of its host. */
async function exhaustionHolds(): Promise<boolean> {
  const server = await startSmallServer();
  try {
    for (let round = 0; round < shortageRounds; round++) {
      for (const shortage of shortages) {
        console.error(`a host without ${shortage.name}`);
        const { answered, refused, codes } = await runShortage(server, shortage, shortageMs);
        console.error(`  ${answered} answered, ${refused} refused: ${[...codes].join(", ")}`);
      }
    }
    const end = await server.gorunner.stop();
    console.error(`stopped with ${end}`);
    return end === 0;
  } catch (failure) {
    console.error(failure);
    await server.gorunner.stop();
    return false;
  } finally {
    await server.clear();
  }
}

async function on<Result>(stage: Stage, play: (stage: Stage) => Promise<Result>): Promise<Result> {
  try {
    return await play(stage);
  } finally {
    await stage.close();
  }
}
