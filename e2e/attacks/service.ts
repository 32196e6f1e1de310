/** Attacks on the service: callers that go, come in crowds, don't read, or send what unfolds. */
import type { Attack } from "./attack.js";
import { compressedCalls } from "./service/compressed-calls.js";
import { crowds } from "./service/crowds.js";
import { edges } from "./service/edge/edges.js";
import { identities } from "./service/identities.js";
import { lifetimes } from "./service/lifetimes.js";
import { moduleProxies } from "./service/module-proxies.js";
import { readers } from "./service/readers.js";
import { sso } from "./service/sso.js";
import type { Stage } from "./service/stage.js";
import { stores } from "./service/stores.js";
import { textAttacks } from "./service/texts.js";
import { vanishing } from "./service/vanishing.js";
import { webPages } from "./service/web-pages.js";

export interface ServiceAttack extends Pick<Attack, "name" | "line" | "representative" | "succeededAt"> {
  /** How it must end, in words. */
  expected: string;
  /** The attack on a server that lacks only the rule that stops it: it must then succeed. */
  control?: {
    /** The rule, in a few words: `the bound of connections`. */
    without: string;
    /** @throws Error when the attack does not succeed. */
    succeed(stage: Stage): Promise<void>;
  };
  /** @throws Error when it ends in any other way. */
  perform(stage: Stage): Promise<void>;
}

export const serviceAttacks: readonly ServiceAttack[] = [
  ...vanishing,
  ...crowds,
  ...readers,
  ...textAttacks,
  ...compressedCalls,
  ...identities,
  ...lifetimes,
  ...webPages,
  ...moduleProxies,
  ...stores,
  ...sso,
  ...edges,
];
