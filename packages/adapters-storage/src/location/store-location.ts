/** Where snippets are kept, read from the `db_uri` setting. May hold a password: not for logs. */
export type StoreLocation = { kind: "memory" } | { kind: "sqlite"; path: string } | PostgresLocation;

/** libpq's words for how much encryption a connection wants, with libpq's meaning. */
export const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof sslModes)[number];

/** What is absent is up to the PG* environment variables and then to PostgreSQL's usual defaults. */
export interface PostgresLocation {
  kind: "postgres";
  /** A name, an address, or the directory of a Unix socket. */
  host?: string;
  port?: number;
  user?: string;
  password?: string;
  database?: string;
  sslMode: SslMode;
  /** Files in PEM; `system` as root certificate means the platform's own. */
  sslRootCertPath?: string;
  sslCertPath?: string;
  sslKeyPath?: string;
  applicationName?: string;
  searchPath?: string;
  /** Command line options for the server's session. */
  options?: string;
}
