/**
 * The corpus in one mode, in a process of its own: by the mode's user, with a directory for temporary files that nobody
 * else uses. Prints each result as a line of JSON. `perform.ts MODE [all | representative | few] [WORDS]`
 */
import type { Attack } from "./attack.js";
import { attacks } from "./corpus.js";
import { modes } from "./modes.js";
import type { Result } from "./results.js";
import { performOnServer } from "./service/perform.js";
import { openStage } from "./service/stage.js";
import { serviceAttacks } from "./service.js";
import { Theatre } from "./theatre.js";

const [name, part = "all", pattern = ""] = process.argv.slice(2);
const mode = modes.find((each) => each.name === name);
if (mode === undefined) throw new Error(`there is no mode ${name}`);

const say = (line: { result: Result } | { inForce: unknown } | { notOffered: string }) => console.log(JSON.stringify(line));
const isAsked = ({ name, representative }: Pick<Attack, "name" | "representative">) =>
  name.includes(pattern) && (part === "all" || representative === "everywhere" || (part === "representative" && representative === "once"));

const theatre = await Theatre.open(mode).catch((error: unknown) => void say({ notOffered: String(error) }));
if (theatre !== undefined) {
  const { inForce } = theatre;
  if (inForce.resources !== mode.resources) say({ notOffered: `there is ${inForce.resources}` });
  else {
    say({ inForce });
    for (const attack of attacks.filter(isAsked)) say({ result: await theatre.perform(attack) });
  }
  await theatre.close();
  const service = serviceAttacks.filter(isAsked);
  if (inForce.resources === mode.resources && service.length > 0) {
    const stage = await openStage({ cache_dir: mode.cacheDir, resources: mode.resources });
    for (const attack of service) say({ result: await performOnServer(attack, stage) });
    await stage.server.stop();
  }
}
