/** grpcurl, the client that people try a gRPC server with: built once by the machine's Go, from the Go module proxy. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "./gorunner.js";

/** The newest that the oldest supported Go (1.24) builds: 1.9.4 asks for 1.25. */
const version = "v1.9.3";
const toolsDirectory = `${cacheDir}-tools`;
const maxComplaintBytes = 4096;

/** @returns the directory that `grpcurl` is in. @throws Error with what Go said, when it can't be built. */
export async function grpcurlDirectory(): Promise<string> {
  const directory = join(toolsDirectory, `grpcurl-${version}`);
  if (existsSync(join(directory, "grpcurl"))) return directory;
  console.log(`    building grpcurl ${version} for the tests; this happens once and takes a few minutes`);
  await mkdir(toolsDirectory, { recursive: true });
  // Built aside and renamed: of two test runs at once, neither sees half a file.
  const work = await mkdtemp(join(toolsDirectory, "build-"));
  try {
    await install(work);
    await rename(join(work, "bin"), directory).catch((failure: unknown) => {
      if (!existsSync(join(directory, "grpcurl"))) throw failure;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return directory;
}

/** Into `work`/bin, with every cache of Go's in `work` too: nothing is left in anybody's home. */
async function install(work: string): Promise<void> {
  const go = spawn("go", ["install", `github.com/fullstorydev/grpcurl/cmd/grpcurl@${version}`], {
    cwd: work,
    env: {
      ...process.env,
      GOBIN: join(work, "bin"),
      GOPATH: join(work, "gopath"),
      GOMODCACHE: join(work, "gopath/pkg/mod"),
      GOCACHE: join(work, "gocache"),
      GOFLAGS: "-mod=mod -modcacherw",
      GOTOOLCHAIN: "local",
      CGO_ENABLED: "0",
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaint = "";
  go.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-maxComplaintBytes);
  });
  const code = await new Promise<number | null>((resolve, reject) => go.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`the tests need grpcurl, and Go could not build it from the module proxy:\n${complaint}`);
}
