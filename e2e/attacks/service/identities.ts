/** Callers that are not who they seem, or who share more than they should. */
import assert from "node:assert/strict";
import { clientsOf } from "../../support/clients.js";
import { hello } from "../../support/programs.js";
import type { ServiceAttack } from "../service.js";
import { post } from "./stage.js";

/** Says what nobody else can say, and what somebody else has left. */
const secretive = `package main

import (
	"crypto/rand"
	"fmt"
	"os"
)

func main() {
	left, err := os.ReadFile("/tmp/secret")
	word := rand.Text()
	os.WriteFile("/tmp/secret", []byte(word), 0o666)
	fmt.Println(word, string(left), err == nil)
}
`;

export const identities: ServiceAttack[] = [
  {
    name: "twenty calls by two callers with the same program, at once",
    line: "two users, same code",
    expected: "each has a run of its own, and finds nothing of another's",
    representative: "once",
    perform: async ({ server }) => {
      const from = ["127.0.0.2", "127.0.0.3"];
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          post({ url: `${server.rest}/run`, body: JSON.stringify({ code: secretive }), from: from[index % 2] ?? "" }),
        ),
      );
      const words = answers.map(({ body }) => String((JSON.parse(body) as { output: string }).output));
      for (const each of words) assert.match(each, /^[A-Z2-7]{26} {2}false\n$/);
      assert.equal(new Set(words).size, words.length);
    },
  },
  {
    name: "a delete in the name of somebody who is no admin",
    line: "a user id that is not the caller's",
    expected: "PERMISSION_DENIED; nothing is deleted",
    perform: async ({ server }) => {
      for (const client of clientsOf(server)) {
        const id = await client.shareCode(hello);
        await assert.rejects(client.deleteCode(id, 2n), { code: "PERMISSION_DENIED" });
        assert.equal((await client.getCode(id)).code, hello);
        client.close();
      }
    },
  },
  {
    name: "a server that is told to ask for tokens",
    line: "a user id that is not the caller's",
    expected: "refused by name until there are tokens: it never believes a user id instead",
    perform: async ({ start }) => {
      await assert.rejects(start({ config: { auth: { mode: "jwt" }, app_secret: "runner-secret" } }), /auth\.mode/);
    },
  },
];
