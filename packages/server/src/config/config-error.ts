/** Everything that is wrong with a configuration, told at once. */
export class ConfigError extends Error {
  /** One line each: the key, what was expected, and what was found unless it is a secret. */
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[], source?: string) {
    const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
    const where = source === undefined ? "" : ` (${source})`;
    super(`the configuration${where} has ${count}:${mistakes.map((mistake) => `\n  ${mistake}`).join("")}`);
    this.name = "ConfigError";
    this.mistakes = mistakes;
  }
}
