import { randomBytes } from "node:crypto";
import { StaticAdminChecker } from "@gorunner/adapters-grpc";
import { LruSnippetCache, MemorySnippetRepo } from "@gorunner/adapters-storage";
import { createRunner, silentMetrics as metrics, silentLogger } from "@gorunner/core";
import { GoExecutor } from "@gorunner/executor-go";

const cacheDir = process.argv[2] ?? "/var/cache/gorunner";
const limits = { concurrency: 2, queue: 16, queueTimeoutMs: 10_000, sourceBytes: 64 * 1024 };
const executor = new GoExecutor({ ...limits, cacheDir, logger: silentLogger, metrics });
const snippets = new MemorySnippetRepo();
const cache = new LruSnippetCache({ metrics });
const admins = new StaticAdminChecker([1n]);
const runner = createRunner({ executor, snippets, cache, admins, metrics, random: { bytes: randomBytes } });

const code = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("Hello from Go") }\n';
const { id } = await runner.shareCode.execute({ code });
const { output } = await runner.getSnippet.execute({ id });
console.log(`snippet ${id} says: ${output.trim()}`);
await runner.close();
