/** Everything that is stored, page by page. */
import assert from "node:assert/strict";
import { maxPageSize, type SnippetRepo, type SnippetSummary } from "@gorunner/core";
import { isError } from "../code-executor/check.js";
import { aSnippet } from "../samples.js";
import { admin, type Check, farAway } from "./check.js";

export function listing(check: Check): void {
  check("an empty store has one empty page", async (repo) => {
    assert.deepEqual(await repo.list({ limit: 10 }), { snippets: [] });
  });

  check("list tells of each snippet all but its texts, the newest first", async (repo) => {
    const { code, output, error, ...first } = await repo.save(aSnippet({ code: "ü" }));
    const {
      code: _code,
      output: _output,
      error: _error,
      ...second
    } = await repo.save(aSnippet({ toolchain: "go1", expiresAt: farAway() }));
    assert.deepEqual(await repo.list({ limit: 10 }), { snippets: [second, first] });
  });

  check("pages of every size hold each snippet once, and the last says that it is", async (repo) => {
    const ids: bigint[] = [];
    for (let number = 0; number < 7; number++) ids.unshift((await repo.save(aSnippet())).id);
    for (const limit of [1, 2, 3, 6, 7, 8, maxPageSize]) {
      const pages = await pagesOf(repo, limit);
      assert.deepEqual(
        pages.flat().map(({ id }) => id),
        ids,
        `pages of ${limit}`,
      );
      assert.equal(pages.length, Math.ceil(7 / limit), `pages of ${limit}`);
    }
  });

  check("pages of the largest size leave nothing out", async (repo) => {
    const saved = await Promise.all(Array.from({ length: maxPageSize + 1 }, () => repo.save(aSnippet())));
    const listed = (await pagesOf(repo, maxPageSize)).flat();
    assert.deepEqual(listed.map(({ id }) => id).sort(), saved.map(({ id }) => id).sort());
  });

  check("what a caller does to what was listed does not change the store", async (repo) => {
    const { id } = await repo.save(aSnippet({ expiresAt: farAway() }));
    const listed = await repo.list({ limit: 10 });
    const asItWas = structuredClone(listed);
    for (const summary of listed.snippets) {
      summary.key = "altered";
      summary.expiresAt?.setTime(0);
      summary.createdAt.setTime(0);
    }
    assert.deepEqual(await repo.list({ limit: 10 }), asItWas);
    assert.ok((await repo.findById(id)) !== undefined);
  });

  check("what is saved or deleted while somebody turns pages leaves out and repeats nothing else", async (repo) => {
    const ids: bigint[] = [];
    for (let number = 0; number < 6; number++) ids.unshift((await repo.save(aSnippet())).id);
    const told: bigint[] = [];
    let after: string | undefined;
    do {
      const { snippets, next } = await repo.list({ limit: 2, ...(after === undefined ? {} : { after }) });
      told.push(...snippets.map(({ id }) => id));
      // Two come and one goes, so that pages which count what came before them are wrong.
      for (let number = 0; number < 2; number++) await repo.save(aSnippet());
      // The one that the page ended with: the next begins behind it all the same.
      const last = snippets.at(-1);
      if (last !== undefined) await repo.delete(last.id, admin);
      after = next;
    } while (after !== undefined);
    assert.deepEqual(told, ids);
  });

  check("a cursor that is none is INVALID_ARGUMENT", async (repo) => {
    await repo.save(aSnippet());
    for (const after of ["no cursor", "\0", "-1", "1; --", "9".repeat(400)]) {
      await assert.rejects(repo.list({ after, limit: 1 }), isError("INVALID_ARGUMENT"));
    }
  });
}

async function pagesOf(repo: SnippetRepo, limit: number): Promise<SnippetSummary[][]> {
  const pages: SnippetSummary[][] = [];
  for (let after: string | undefined; ; ) {
    const { snippets, next } = await repo.list({ limit, ...(after === undefined ? {} : { after }) });
    pages.push(snippets);
    if (next === undefined) return pages;
    after = next;
  }
}
