/**
 * The toolchain's linker, changed so that it can load packages ahead of the program that it is to link, and takes its
 * memory in large pages. It is built from the machine's own GOROOT (../../linker) and used once it has been proven; until
 * then, and where a toolchain is too different for that, the stock linker does all.
 */
import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger, SourceFile } from "@gorunner/core";
import type { Toolchain } from "./find-toolchain.js";
import { runGo } from "./go-command.js";
import { exists } from "./go-tools.js";
import { makeTemporary } from "./temporary.js";

export interface PreloadedLinkerParts {
  toolchain: Toolchain;
  /** Where it is kept. */
  directory: string;
  buildCache: string;
  logger: Logger;
}

/**
 * Links each of the programs with this linker and with the stock one, and runs both.
 * @throws Error that says where they differ.
 */
export type LinkerProof = (linker: string, probes: SourceFile[], signal: AbortSignal) => Promise<void>;

/** What is put into one of the toolchain's own files: where, which must be exactly one place, and what stands there then. */
interface Edit {
  find: string;
  replace: string;
}

const insertBefore = (find: string, text: string): Edit => ({ find, replace: text + find });
const insertAfter = (find: string, text: string): Edit => ({ find, replace: find + text });

const edits: Record<string, Edit[]> = {
  "cmd/link/internal/ld/lib.go": [
    insertBefore("\t// ctxt.Library grows during the loop, so not a range loop.\n", "\tpreload(ctxt)\n"),
    insertAfter("func loadobjfile(ctxt *Link, lib *sym.Library) {\n", "\tif preloaded[lib] {\n\t\treturn\n\t}\n"),
  ],
  "cmd/link/internal/loader/loader.go": [
    {
      find: "\tl.objSyms = make([]objSym, 1, symSize)\n",
      replace: "\tif ahead.objs == 0 {\n\t\tl.objSyms = make([]objSym, 1, symSize)\n\t}\n",
    },
    {
      find: "\tfor _, r := range l.objs[goObjStart:] {\n\t\tst.preloadSyms(r, pkgDef)\n",
      replace:
        "\tif ahead.objs > 0 {\n\t\tst = ahead.state\n\t}\n\tfor _, r := range l.objs[goObjStart+ahead.objs:] {\n\t\tst.preloadSyms(r, pkgDef)\n",
    },
    {
      find: "\tfor _, r := range l.objs[goObjStart:] {\n\t\tst.preloadSyms(r, hashed64Def)\n",
      replace: "\tfor _, r := range l.objs[goObjStart+ahead.objs:] {\n\t\tst.preloadSyms(r, hashed64Def)\n",
    },
    insertBefore(
      "\t\tgi := l.LookupOrCreateSym(name, v)\n\t\tr.syms[ndef+i] = gi\n",
      "\t\tif r.syms[ndef+i] != 0 || (ahead.refs && l.Lookup(name, v) == 0) {\n\t\t\tcontinue\n\t\t}\n",
    ),
  ],
  // A link takes some 25 MB and gives none of it back; in pages of 4 KiB a tenth of its time goes into getting them. Not by
  // the runtime's own sysHugePage, which first looks into /sys, and a sandbox has none.
  "runtime/mem_linux.go": [insertBefore("\t// Disable huge pages if the GODEBUG for it is set.\n", "\tmadvise(v, n, _MADV_HUGEPAGE)\n\n")],
};
/** Files of ours that are added to the linker's packages. */
const additions = { "cmd/link/internal/ld/preload.go": "ld/preload.go", "cmd/link/internal/loader/preload.go": "loader/preload.go" };
const probes = ["language.go", "library.go"];

const sources = fileURLToPath(new URL("../../linker/", import.meta.url));

export class PreloadedLinker {
  readonly #parts: PreloadedLinkerParts;
  readonly #closing = new AbortController();
  #path: string | undefined;
  #made: Promise<void> | undefined;

  constructor(parts: PreloadedLinkerParts) {
    this.#parts = parts;
  }

  /** The binary, once it has been proven. */
  get path(): string | undefined {
    return this.#path;
  }

  /** Looks for one that an earlier start has made and proven. */
  async find(): Promise<void> {
    const path = await this.#name();
    if (await exists(path)) this.#path = path;
  }

  /** Makes it in the background, at the lowest priority, where it is not there; what fails is told in the log. */
  makeAfter(ready: Promise<void>, prove: LinkerProof, onMade: () => void): void {
    this.#made ??= ready.then(() => this.#make(prove, onMade));
  }

  /** Resolves when the background work has ended, however it did. */
  async made(): Promise<void> {
    await this.#made;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#made;
  }

  async #make(prove: LinkerProof, onMade: () => void): Promise<void> {
    const { logger } = this.#parts;
    if (this.#path !== undefined || this.#closing.signal.aborted) return;
    try {
      const path = await this.#name();
      const unproven = `${path}.unproven`;
      if (!(await exists(unproven))) {
        logger.info("building a linker that loads the standard library ahead of programs");
        await this.#build(unproven);
      }
      const files = await Promise.all(probes.map(readProbe));
      this.#closing.signal.throwIfAborted();
      await prove(unproven, files, this.#closing.signal);
      await rename(unproven, path);
      this.#path = path;
      logger.info("the linker that loads the standard library ahead is proven, and used from now on");
      onMade();
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      logger.warn("there is no linker that loads the standard library ahead; the toolchain's own does all", { err: error });
    }
  }

  /** Its name tells all that is ours in it; the directory is the toolchain's. */
  async #name(): Promise<string> {
    const hash = createHash("sha256").update(JSON.stringify(edits));
    for (const name of Object.values(additions)) hash.update(await readFile(join(sources, name)));
    for (const name of probes) hash.update((await readProbe(name)).content);
    return join(this.#parts.directory, `linker-${hash.digest("hex").slice(0, 16)}`);
  }

  async #build(to: string): Promise<void> {
    const { toolchain, directory, buildCache } = this.#parts;
    const work = await makeTemporary(directory);
    try {
      const overlay = join(work, "overlay.json");
      await writeFile(overlay, JSON.stringify({ Replace: await layOver(toolchain.goroot, work) }));
      const built = join(work, "link");
      await runGo({
        toolchain,
        args: ["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-overlay", overlay, "-o", built, "cmd/link"],
        buildCache,
        cwd: work,
        background: true,
        signal: this.#closing.signal,
      });
      // Aside and renamed: of two servers that start at once, neither sees half a file.
      await rename(built, to);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
}

/** Writes the changed files into the directory. @returns which file of the toolchain each stands for. */
async function layOver(goroot: string, directory: string): Promise<Record<string, string>> {
  const source = join(goroot, "src");
  const replaced: Record<string, string> = {};
  for (const [name, own] of Object.entries(additions)) replaced[join(source, name)] = join(sources, own);
  for (const [name, changes] of Object.entries(edits)) {
    const original = await readFile(join(source, name), "utf8");
    const changed = join(directory, name.replaceAll("/", "-"));
    await writeFile(changed, applyEdits(original, changes, name));
    replaced[join(source, name)] = changed;
  }
  return replaced;
}

/** @throws Error when the file is not the one for which the edits were written. */
function applyEdits(source: string, changes: readonly Edit[], name: string): string {
  let text = source;
  for (const { find, replace } of changes) {
    const [before, after, ...more] = text.split(find);
    if (before === undefined || after === undefined || more.length > 0) {
      throw new Error(`${name} of this toolchain is not as expected: it has no one place where ${JSON.stringify(find)} stands`);
    }
    text = before + replace + after;
  }
  return text;
}

async function readProbe(name: string): Promise<SourceFile> {
  return { path: "prog.go", content: await readFile(join(sources, "probes", name)) };
}
