/** The development SSO server as a program: `--host` and `--port`; APP_SECRET overrides the secret of app 1. */
import { parseArgs } from "node:util";
import { seededAdmin, startSso } from "./sso-server.js";

const usage = "usage: sso [--host HOST] [--port PORT]   (default 127.0.0.1:44044; the secret of app 1 comes from APP_SECRET)";

interface Arguments {
  host: string;
  port: number;
}

function readArguments(): Arguments | undefined {
  try {
    const { values } = parseArgs({
      options: { host: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: "44044" } },
    });
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65535) throw new Error(`--port must be a number up to 65535, not "${values.port}"`);
    return { host: values.host, port };
  } catch (failure) {
    console.error(failure instanceof Error ? failure.message : failure);
    console.error(usage);
    return undefined;
  }
}

async function main(): Promise<void> {
  const args = readArguments();
  if (args === undefined) {
    process.exitCode = 2;
    return;
  }
  const secret = process.env["APP_SECRET"];
  const sso = await startSso({ ...args, ...(secret ? { secret } : {}) });
  console.log(`development SSO (auth.Auth, in memory) on ${args.host}:${sso.port}`);
  console.log(`user 1 is an admin: ${seededAdmin.email}, password ${seededAdmin.password}`);
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await sso.close();
    console.log("stopped");
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

await main().catch((failure: unknown) => {
  console.error(`can't start: ${failure instanceof Error ? failure.message : failure}`);
  process.exitCode = 1;
});
