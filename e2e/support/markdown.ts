/** The code blocks of a Markdown text, in order. */
export interface Block {
  /** `sh`, `json`, … */
  language: string;
  text: string;
}

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({ language, text }));
}

/** The targets of links that lead to files and not to other hosts. */
export function linkedFiles(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target).filter((target) => !/^\w+:/.test(target));
}
