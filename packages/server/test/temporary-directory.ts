import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Hands out a fresh directory for each test of the surrounding `describe`, and removes it. */
export function temporaryDirectory(): () => string {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "gorunner-server-test-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  return () => directory;
}
