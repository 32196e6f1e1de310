import type pg from "pg";
import type { PostgresLocation } from "../location/store-location.js";

/** The driver's settings for every connection to `location`, but for time limits and encryption. */
export function sessionSettings(location: PostgresLocation): pg.ClientConfig {
  const { host, port, user, password, database } = location;
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    application_name: location.applicationName ?? "gorunner",
    options: sessionOptions(location),
    keepAlive: true,
  };
}

/**
 * Times are UTC in whatever column they end up. A commit is on the disk before it is answered, whatever the server, the
 * database, the user or the address says of it: the last of these options wins. In them a space separates and a
 * backslash escapes it.
 */
function sessionOptions({ options, searchPath }: PostgresLocation): string {
  const path = searchPath === undefined ? [] : [`-c search_path=${searchPath.replace(/[\\\s]/g, "\\$&")}`];
  return [...(options === undefined ? [] : [options]), ...path, "-c TimeZone=UTC", "-c synchronous_commit=on"].join(" ");
}
