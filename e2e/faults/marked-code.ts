/** Code that is told from all other code, so that the store can be asked how many snippets one request has made. */
import { randomUUID } from "node:crypto";

export interface MarkedCode {
  marker: string;
  code: string;
}

/** It is executed, as every share is; that there is nothing to run is what makes it cheap. */
export function markedCode(): MarkedCode {
  const marker = randomUUID();
  return { marker, code: `package main\n\n// ${marker}\n` };
}

/** Empty for code of others. */
export const markerIn = (code: string): string => /^\/\/ (\S+)$/m.exec(code)?.[1] ?? "";
