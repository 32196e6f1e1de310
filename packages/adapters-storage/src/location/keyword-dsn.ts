import { invalidArgument } from "@gorunner/core";

/** Keywords and values of a connection, in their order, before anything is known about their meaning. */
export type Keyword = { key: string; value: string };

/**
 * Splits a libpq keyword string: `host=db user=me password='a b\'c'`.
 *
 * A value ends at white space unless it is in single quotes; a backslash takes the next character as it is
 * (PostgreSQL's manual, 34.1.1.1). Messages never quote the text: what is wrong with it may be a password.
 */
export function splitKeywordDsn(dsn: string): Keyword[] {
  const keywords: Keyword[] = [];
  let at = 0;
  const skipSpace = () => {
    while (/\s/.test(dsn[at] ?? "")) at++;
  };
  for (skipSpace(); at < dsn.length; skipSpace()) {
    const start = at;
    while (at < dsn.length && !/[\s=]/.test(dsn[at] ?? "")) at++;
    const key = dsn.slice(start, at);
    skipSpace();
    if (key === "" || dsn[at] !== "=") throw invalidArgument(misplaced(keywords.at(-1)));
    at++;
    skipSpace();
    keywords.push({ key, value: dsn[at] === "'" ? quoted() : plain() });
  }
  return keywords;

  function plain(): string {
    let value = "";
    while (at < dsn.length && !/\s/.test(dsn[at] ?? "")) {
      if (dsn[at] === "\\") at++;
      value += dsn[at++] ?? "";
    }
    return value;
  }

  function quoted(): string {
    let value = "";
    for (at++; dsn[at] !== "'"; at++) {
      if (dsn[at] === "\\") at++;
      if (at >= dsn.length) throw invalidArgument("a quoted value in the database's keyword string has no closing quote");
      value += dsn[at];
    }
    at++;
    return value;
  }
}

function misplaced(previous: Keyword | undefined): string {
  const where = previous === undefined ? "at the start" : previous.key === "password" ? "after the password" : "after a value";
  return `the database's keyword string (host=… user=… dbname=…) lacks a keyword and "=" ${where}; a value with spaces goes into single quotes`;
}
