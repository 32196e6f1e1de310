#!/usr/bin/env node
/** The entry of the command line: looks at Node before anything is loaded that an old one can't read. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(`gorunner: Node ${process.versions.node} is too old; Node 22.12 or newer is needed\n`);
  process.exit(1);
}

const { main } = await import("./main.js");
const { env, stdin, stdout, stderr } = process;
process.exit(await main(process.argv.slice(2), { env, directory: process.cwd(), stdin, stdout, stderr }));

export {};
