/** The checksum database that the toolchain is set to, as in GOSUMDB: `NAME`, `KEY`, or either with a URL behind it. */
import { unavailable } from "@gorunner/core";

export interface ChecksumDatabase {
  /** Its name or its key, by which the go command verifies what it says. */
  key: string;
  /** How proxies that stand in for it call it. */
  name: string;
  url: URL;
  /** A database with a URL of its own is never asked through a proxy. */
  mayBeProxied: boolean;
}

/** It is known under this name too (cmd/go, modfetch/sumdb.go). */
const alias = "sum.golang.google.cn";
const usual = "sum.golang.org";

/** @throws RunnerError UNAVAILABLE for none, and for one that can't be understood. */
export function parseChecksumDatabase(gosumdb: string): ChecksumDatabase {
  const [given = "", at] = gosumdb.split(" ").filter((field) => field !== "");
  if (given === "" || given === "off") {
    throw unavailable(
      "this toolchain has the checksum database off (GOSUMDB in its go.env); use one that verifies modules, or set executor.modules to off",
    );
  }
  const isAlias = given === alias;
  const key = isAlias ? usual : given;
  const [name = ""] = key.split("+");
  const text = at ?? `https://${isAlias ? alias : name}`;
  if (!URL.canParse(text)) throw unavailable("this toolchain's checksum database has no usable URL (GOSUMDB in its go.env)");
  return { key, name, url: new URL(text), mayBeProxied: at === undefined && !isAlias };
}
