import assert from "node:assert/strict";
import type { SnippetRepo } from "@gorunner/core";
import { isError } from "./code-executor/check.js";
import { aSnippet } from "./samples.js";
import { deleting } from "./snippet-repo/deleting.js";
import { deletionLog } from "./snippet-repo/deletion-log.js";
import { expiry } from "./snippet-repo/expiry.js";
import { finding } from "./snippet-repo/finding.js";
import { listing } from "./snippet-repo/listing.js";
import { repeating } from "./snippet-repo/repeating.js";
import { saving } from "./snippet-repo/saving.js";
import { storedBytes } from "./snippet-repo/stored-bytes.js";
import { unreachable } from "./snippet-repo/unreachable.js";
import { casesOn, type It, type Opened, withOpened } from "./suite.js";

/**
 * Every rule of {@link SnippetRepo}. `open` gives an empty store of its own each time; `openUnreachable` gives one whose
 * database is gone (absent for a store that can't lose it).
 */
export function snippetRepoContract(
  it: It,
  open: () => Promise<Opened<SnippetRepo>>,
  openUnreachable?: () => Promise<Opened<SnippetRepo>>,
): void {
  it("two opened stores are isolated", () =>
    withOpened(open, (one) =>
      withOpened(open, async (other) => {
        const { id, key } = await one.save(aSnippet());
        assert.equal(await other.findById(id), undefined);
        assert.equal(await other.findByKey(key), undefined);
      }),
    ));

  it("a cursor from behind the end of the log is INVALID_ARGUMENT: it is of another store", () =>
    withOpened(open, (one) =>
      withOpened(open, async (other) => {
        for (let number = 0; number < 3; number++) await one.delete((await one.save(aSnippet())).id, 1n);
        const { cursor } = await one.deletionsSince(undefined, 10);
        await other.delete((await other.save(aSnippet())).id, 1n);
        for (const need of [undefined, { youngerThanMs: 60_000 }])
          await assert.rejects(other.deletionsSince(cursor, 10, need), isError("INVALID_ARGUMENT"));
      }),
    ));

  const check = casesOn(it, open);
  saving(check);
  repeating(check);
  finding(check);
  deleting(check);
  expiry(check);
  listing(check);
  storedBytes(check);
  deletionLog(check);
  if (openUnreachable !== undefined) unreachable(casesOn(it, openUnreachable));
}
