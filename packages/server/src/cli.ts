#!/usr/bin/env node
/** The entry of the command line: looks at Node before anything is loaded that an old one can't read. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(`gorunner: Node ${process.versions.node} is too old; Node 22.12 or newer is needed\n`);
  process.exit(1);
}

// What a call allocates is dead a moment later. By default V8 answers a burst of it with a young generation of up to
// 32 MiB, which an idle server then keeps; that costs some 25 MiB and, measured with `npm run bench -- --rows get`, buys
// no speed here. Set before the modules below fill the heap.
const { setFlagsFromString } = await import("node:v8");
setFlagsFromString("--semi-space-growth-factor=1");

const { main } = await import("./main.js");
const { env, stdin, stdout, stderr } = process;
process.exit(await main(process.argv.slice(2), { env, directory: process.cwd(), stdin, stdout, stderr }));

export {};
