/** A sandbox that runs one program, with the directory into which the binary is put at the last moment. */
import { join } from "node:path";
import { openPlace, type Place, type Places } from "../pool/place.js";
import type { Sandbox, SandboxTier } from "../sandbox/tier.js";

export interface RunHost {
  tier: SandboxTier;
  places: Places;
}

export class RunSandbox {
  readonly sandbox: Sandbox;
  readonly #place: Place;

  private constructor(sandbox: Sandbox, place: Place) {
    this.sandbox = sandbox;
    this.#place = place;
  }

  /** @throws RunnerError UNAVAILABLE */
  static async start({ tier, places }: RunHost, diskBytes: number): Promise<RunSandbox> {
    const place = await openPlace(places);
    try {
      const layout = { tmpBytes: diskBytes, readOnly: [{ from: place.directory, to: "/app" }] };
      return new RunSandbox(await tier.start({ purpose: "run", layout, ...(place.uid === undefined ? {} : { uid: place.uid }) }), place);
    } catch (error) {
      await place.clear();
      throw error;
    }
  }

  /** Where the program's binary has to be, on the host; the sandbox sees it, read-only, as `/app/prog`. */
  get binary(): string {
    return join(this.#place.directory, "prog");
  }

  /** Where a product of several programs is kept, beside the one of them that is to run. */
  get product(): string {
    return join(this.#place.directory, "product");
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
