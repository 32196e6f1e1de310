import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The executor's cache directory for tests, kept between test runs: what is in it depends only on the toolchain.
 * Root's is where nobody else can put anything, and where sandboxes, which never start as root, can read it.
 */
export const testCacheDirectory =
  process.env["GORUNNER_TEST_CACHE_DIR"] ??
  (process.getuid?.() === 0 ? "/var/cache/gorunner-tests" : join(homedir(), ".cache", "gorunner-tests"));
