/** A sandbox that builds one program, with the file that receives the binary. */
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { openPlace, type Place, type Places } from "../pool/place.js";
import { isExact, type Locate, type Sandbox, type SandboxTier } from "../sandbox/tier.js";
import type { Toolchain } from "../toolchain/find-toolchain.js";
import { mountedBuildCache, mountedGoroot, mountedImportConfigs, mountedModules } from "../toolchain/import-config.js";
import type { StandardLibrary } from "../toolchain/standard-library.js";
import { builderProcess, mountedLinker } from "./builder-process.js";
import { type KeptProduct, seal } from "./product.js";

export interface BuildHost {
  tier: SandboxTier;
  toolchain: Toolchain;
  library: StandardLibrary;
  /** Our own program that drives the toolchain inside. */
  builder: string;
  /** Our own linker, once there is one. */
  linker: { readonly path: string | undefined };
  places: Places;
}

/** A module cache on the host. */
export interface ModuleDirectory {
  directory: string;
}

export interface BuildSandboxOptions {
  ahead: boolean;
  modules?: ModuleDirectory;
}

/**
 * More than the linker ever writes (2 GB of data, cmd/link/internal/ld/data.go): a build is ended by our own measurement
 * of what its files take, and its tools never see a full disk, of which only their words would tell.
 */
const tmpBytes = 3 * 1024 * 1024 * 1024;

export class BuildSandbox {
  readonly sandbox: Sandbox;
  /** Where the product will be, once it is built and sealed and the sandbox is finished. */
  readonly binary: string;
  /** Whether a control group limits memory exactly. */
  readonly exactMemory: boolean;
  readonly #place: Place;
  readonly #file: FileHandle;

  private constructor(parts: { sandbox: Sandbox; binary: string; exactMemory: boolean; place: Place; file: FileHandle }) {
    this.sandbox = parts.sandbox;
    this.binary = parts.binary;
    this.exactMemory = parts.exactMemory;
    this.#place = parts.place;
    this.#file = parts.file;
  }

  /**
   * @param options.ahead whether there is time to load packages before the program comes; else that would only delay it.
   * @param options.modules the module cache, for a program that needs it.
   * @throws RunnerError UNAVAILABLE
   */
  static async start(parts: BuildHost, { ahead, modules }: BuildSandboxOptions): Promise<BuildSandbox> {
    const { tier, toolchain, library, builder, places } = parts;
    const linker = parts.linker.path;
    const place = await openPlace(places);
    const binary = join(place.directory, "prog");
    let file: FileHandle | undefined;
    try {
      file = await open(binary, "wx+", 0o755);
      const readOnly = [
        { from: toolchain.goroot, to: mountedGoroot },
        { from: library.buildCache, to: mountedBuildCache },
        { from: library.directory, to: mountedImportConfigs },
        { from: builder, to: "/builder" },
        ...(linker === undefined ? [] : [{ from: linker, to: mountedLinker }]),
        ...(modules === undefined ? [] : [{ from: modules.directory, to: mountedModules }]),
      ];
      const uid = place.uid === undefined ? {} : { uid: place.uid };
      const exactMemory = isExact(tier);
      const linking = linker === undefined ? "none" : ahead ? "preloaded" : "own";
      const process = (locate: Locate) => builderProcess({ linker: linking, modules: modules !== undefined, exactMemory, locate });
      const sandbox = await tier.start({ purpose: "build", layout: { tmpBytes, readOnly }, artifact: binary, ahead: process, ...uid });
      return new BuildSandbox({ sandbox, binary, exactMemory, place, file });
    } catch (error) {
      await file?.close();
      await place.clear();
      throw error;
    }
  }

  /** Adds the table of contents to what was built from `key`, and finishes. */
  async seal(product: KeptProduct, key: string): Promise<void> {
    await Promise.all([seal(this.#file, product, key), this.sandbox.discard()]);
    await this.finish();
  }

  /** Ends the sandbox and closes the binary: while it is open for writing it can't be executed (execve(2), ETXTBSY). */
  async finish(): Promise<void> {
    try {
      await this.sandbox.discard();
    } finally {
      await this.#file.close();
    }
  }

  /** Removes all, the binary too; after `finish`. */
  clear(): Promise<void> {
    return this.#place.clear();
  }

  async discard(): Promise<void> {
    try {
      await this.finish();
    } finally {
      await this.clear();
    }
  }
}
