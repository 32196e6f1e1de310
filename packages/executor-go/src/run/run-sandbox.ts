/** A sandbox that runs one program, which is installed in it at the last moment, with a place for the product that has it. */
import { join } from "node:path";
import type { CancelSignal } from "@gorunner/core";
import { maxBinaryBytes } from "../build/build-limits.js";
import type { Destination } from "../build/builder.js";
import { type Product, programIn } from "../build/product.js";
import { Cancellation } from "../pool/cancellation.js";
import { openPlace, type Place, type Places } from "../pool/place.js";
import type { Sandbox, SandboxTier } from "../sandbox/tier.js";

export interface RunHost {
  tier: SandboxTier;
  places: Places;
}

export class RunSandbox {
  readonly sandbox: Sandbox;
  readonly #place: Place;
  /** What is being installed while it is verified. */
  #begun: { product: Product; installed: Promise<void> } | undefined;

  private constructor(sandbox: Sandbox, place: Place) {
    this.sandbox = sandbox;
    this.#place = place;
  }

  /** @throws RunnerError UNAVAILABLE */
  static async start({ tier, places }: RunHost, diskBytes: number): Promise<RunSandbox> {
    const place = await openPlace(places);
    try {
      const layout = { tmpBytes: diskBytes, readOnly: [], programBytes: maxBinaryBytes };
      return new RunSandbox(await tier.start({ purpose: "run", layout, ...(place.uid === undefined ? {} : { uid: place.uid }) }), place);
    } catch (error) {
      await place.clear();
      throw error;
    }
  }

  /** Where a product is put for this execution, on the host; no sandbox sees it there. */
  get product(): string {
    return join(this.#place.directory, "product");
  }

  /** The same for one that may be of a single program: it is installed while the product is verified, and runs only then. */
  get destination(): Destination {
    const expect = (product: Product) => {
      const [bytes, more] = product.programs.map((program) => program.bytes);
      // It may be torn.
      if (more !== undefined || !Number.isSafeInteger(bytes) || (bytes ?? 0) <= 0) return;
      const installed = this.#install(this.product, product, 0);
      // Whoever installs it asks for the outcome; an unverified product may be anything.
      installed.catch(() => {});
      this.#begun = { product, installed };
    };
    return { path: this.product, expect };
  }

  /**
   * Puts one of a product's programs into the sandbox, which sees it, and nothing else of it, as `/app/prog`.
   * @throws RunnerError as {@link Sandbox.install} does; the cancellation of `signal`, after which it is to be discarded.
   */
  async install(path: string, product: Product, index: number, signal?: CancelSignal): Promise<void> {
    using cancellation = new Cancellation([signal]);
    await cancellation.race(this.#install(path, product, index));
  }

  async #install(path: string, product: Product, index: number): Promise<void> {
    const begun = this.#begun;
    if (begun?.product === product) return begun.installed;
    // One that proved to be another than it should be; this one takes its place.
    await begun?.installed.catch(() => {});
    await this.sandbox.install({ path, ...programIn(product, index) });
  }

  /** Ends it and removes all. */
  async discard(): Promise<void> {
    try {
      await this.sandbox.discard();
    } finally {
      await this.#place.clear();
    }
  }
}
