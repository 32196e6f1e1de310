/** Which image a container is made from: the usual one, or, where no registry can be reached, one made here. */
import { ImageName } from "testcontainers";
import type { Docker } from "./docker.js";
import { NoDocker } from "./docker.js";

export interface ImageChoice {
  /** By its name in the registry. */
  usual: string;
  /** Absent where this machine has not what it takes. */
  made?: { name: string; make(docker: Docker): Promise<void> } | undefined;
}

const pullTimeoutMs = 120_000;

/** The name of an image that is there. @throws NoDocker when there is no way to have one. */
export async function imageFor(choice: ImageChoice, docker: Docker): Promise<string> {
  const { usual, made } = choice;
  const has = (name: string) => docker.client.image.exists(ImageName.fromString(name));
  if (await has(usual)) return usual;
  if (made !== undefined && (await has(made.name))) return made.name;
  const failure = await pull(usual, docker);
  if (failure === undefined) return usual;
  if (made === undefined) throw new NoDocker(`${usual} can't be pulled: ${failure}`);
  await made.make(docker);
  return made.name;
}

/** @returns why it could not be pulled. */
async function pull(image: string, docker: Docker): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not within ${pullTimeoutMs / 1000} s`), pullTimeoutMs);
  });
  const pulled = docker.client.image.pull(ImageName.fromString(image)).then(
    () => undefined,
    (failure: unknown) => String(failure),
  );
  try {
    return await Promise.race([pulled, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
