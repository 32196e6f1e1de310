/**
 * A process beside the tests that outlives them by a moment, and sees to it that no container is left, however they
 * end: when its input ends, because the tests did or were killed, it removes the containers with their label, and
 * stops the Docker that it started, if any.
 *
 *   node keeper.mjs LABEL [DATA_DIRECTORY]
 *
 * With a directory for Docker's data it starts a dockerd of its own and prints its address as one line, or why it could
 * not. Without one it prints an empty line, and keeps to the Docker that DOCKER_HOST names.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDockerd } from "./dockerd.mjs";

const [label = "", dataDirectory] = process.argv.slice(2);
/** While it is there, `npm test` waits for us. */
const notice = process.env["GORUNNER_TEST_KEEPERS"] && join(process.env["GORUNNER_TEST_KEEPERS"], `${process.pid}`);

// The terminal's signals are for the tests; we end when they have ended.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, () => {});

if (notice) writeFileSync(notice, "");
try {
  await keep();
} finally {
  if (notice) rmSync(notice, { force: true });
}

async function keep() {
  // Tests that are killed while Docker starts don't read our answer.
  process.stdout.on("error", () => {});
  const inputEnded = new Promise((resolve) => process.stdin.on("close", resolve).resume());
  /** @type {Awaited<ReturnType<typeof startDockerd>> | undefined} */
  let dockerd;
  if (dataDirectory !== undefined) {
    try {
      dockerd = await startDockerd(dataDirectory);
    } catch (failure) {
      process.stdout.write(`${JSON.stringify({ failure: failure instanceof Error ? failure.message : String(failure) })}\n`);
      return;
    }
    process.env["DOCKER_HOST"] = dockerd.host;
  }
  process.stdout.write(`${JSON.stringify({ host: dockerd?.host })}\n`);
  await inputEnded;
  try {
    await removeContainers();
  } finally {
    await dockerd?.stop();
  }
}

async function removeContainers() {
  const { getContainerRuntimeClient } = await import("testcontainers");
  const { dockerode } = (await getContainerRuntimeClient()).container;
  const ours = await dockerode.listContainers({ all: true, filters: { label: [label] } });
  await Promise.all(ours.map(({ Id }) => dockerode.getContainer(Id).remove({ force: true, v: true })));
}
