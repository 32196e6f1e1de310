/** Texts at the limits, each the worst of its kind for what the server does with it, beside a neighbour. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { restClient } from "../../support/clients.js";
import type { Gorunner } from "../../support/gorunner.js";
import type { ServiceAttack } from "../service.js";
import { staysFree } from "./event-loop.js";
import { post } from "./stage.js";

const kib = 1024;
const mib = kib * kib;
/** What is left of 64 KiB for what is repeated. */
const textBytes = 62 * kib;

const repeated = (text: string, bytes: number) => text.repeat(Math.floor(bytes / text.length));

/** A program that writes `text`, an expression of Go's, again and again up to the limit of output. */
const writes = (text: string) => `package main

import (
	"bytes"
	"os"
)

func main() {
	os.Stdout.Write(bytes.Repeat([]byte(${text}), (1<<20)/len(${text})))
}
`;

/** The same from a test, whose output is searched for the marks of Go's testing package. */
const testWrites = (text: string) => `-- a_test.go --
package main

import (
	"bytes"
	"os"
	"testing"
)

func TestA(t *testing.T) {
	os.Stdout.Write(bytes.Repeat([]byte(${text}), (1<<20-1<<12)/len(${text})))
}
`;

const run = (code: string) => async (server: Gorunner) => void (await restClient(server.rest).runCode(code));

const share = (code: string) => async (server: Gorunner) => void (await restClient(server.rest).shareCode(code));

/** Whatever it is answered, it must be an answer. */
const body = (text: string) => async (server: Gorunner) => {
  const answers = await Promise.all(Array.from({ length: 4 }, () => post({ url: `${server.rest}/run`, body: text })));
  for (const { status } of answers) assert.ok(status === 200 || status === 400, `status ${status}`);
};

/** Each chunk is a call of the parser. What is asked of the connections is to be cut. */
async function tinyChunks({ rest }: Gorunner): Promise<void> {
  const { hostname, port } = new URL(rest);
  const head = "POST /run HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  const cut = () =>
    new Promise<void>((resolve) => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on("error", () => {}).resume();
      socket.once("close", () => resolve());
      socket.write(head + "1\r\n \r\n".repeat(20_000));
    });
  await Promise.all(Array.from({ length: 20 }, cut));
}

/** Many ask at once for one snippet of 1 MiB. */
async function readByMany(server: Gorunner): Promise<void> {
  const id = await restClient(server.rest).shareCode(writes('"\\x01"'));
  for (let round = 0; round < 8; round++) {
    // More at once from one address is cut: see http.buffers.
    const lengths = await Promise.all([1, 2].map(() => lengthOf(`${server.rest}/shared/${id}`)));
    for (const length of lengths) assert.ok(length > 6 * (mib - 1), `${length} bytes`);
  }
}

function lengthOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false }, (response) => {
      let length = 0;
      response.on("data", (part: Buffer) => {
        length += part.length;
      });
      response.on("end", () => resolve(length));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}

const texts: (Pick<ServiceAttack, "name" | "representative" | "succeededAt"> & { send(server: Gorunner): Promise<void> })[] = [
  {
    name: "62 KiB of ../ in an import, which the go command quotes",
    representative: "once",
    succeededAt: "95848d4",
    send: run(`package main\n\nimport "${repeated("../", textBytes)}"\n\nfunc main() {}\n`),
  },
  {
    name: "62 KiB of /modules/ in an import",
    send: run(`package main\n\nimport "x${repeated("/modules/", textBytes)}"\n\nfunc main() {}\n`),
  },
  {
    name: "62 KiB of directives in a go.mod, each of them wrong",
    send: run(`-- go.mod --\n${repeated("x\n", textBytes)}-- prog.go --\npackage main\n\nfunc main() {}\n`),
  },
  {
    name: "62 KiB of lines that begin as a file's marker does",
    send: run(`package main\n\n/*\n${repeated("-- \n", textBytes)}*/\n\nfunc main() {}\n`),
  },
  { name: "1 MiB of marks from a test", representative: "once", succeededAt: "95848d4", send: run(testWrites('"\\x16"')) },
  { name: "1 MiB of lines of Go's own from a test", send: run(testWrites('"\\x16=== RUN   A\\n"')) },
  { name: "1 MiB of verdicts that never end from a test", succeededAt: "95848d4", send: run(testWrites('"\\x16=== "')) },
  { name: "1 MiB of bytes that are not UTF-8", send: run(writes('"\\xff"')) },
  { name: "1 MiB of bytes that are not UTF-8, shared", send: share(writes('"\\xff"')) },
  { name: "1 MiB of NUL, shared", send: share(writes('"\\x00"')) },
  { name: "1 MiB of newlines", send: run(writes('"\\n"')) },
  { name: "16 readers of 1 MiB of control characters, two at a time", send: readByMany },
  { name: "four bodies of 1 MiB of empty objects", send: body(`{"x":[${repeated("{},", mib - 100)}1],"code":""}`) },
  { name: "four bodies of 1 MiB of open brackets", send: body(`{"x":${repeated("[", mib - 100)}`) },
  { name: "four bodies of 1 MiB of blanks", send: body(`${repeated(" ", mib - 100)}{}`) },
  { name: "four bodies of 1 MiB of digits", send: body(`{"x":1${repeated("1", mib - 100)}}`) },
  { name: "four bodies with a code of 1 MiB of escapes", send: body(`{"code":"${repeated("\\n", mib - 100)}"}`) },
  { name: "20 bodies in 20,000 chunks of a byte", send: tinyChunks },
  {
    name: "four bodies of 1 MiB with a name for each value",
    send: body(`{${Array.from({ length: 100_000 }, (_, index) => `"${index.toString(36)}":0`).join(",")}}`),
  },
];

export const textAttacks: ServiceAttack[] = texts.map(({ send, ...attack }) => ({
  ...attack,
  line: "one text silences the server",
  expected: "the event loop stays free for the neighbour",
  perform: ({ server }) => staysFree(server, () => send(server)),
}));
