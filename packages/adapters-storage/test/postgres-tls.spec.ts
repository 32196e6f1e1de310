import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SnippetStore } from "@gorunner/adapters-storage";
import { startPostgres, type TestServer } from "@gorunner/testing";
import pg from "pg";
import { eventually, openAt, runnerError } from "./support.js";

describe("sslmode, as libpq means it, against a server with a certificate for localhost", () => {
  let server: TestServer;
  before(async () => {
    server = await startPostgres({ tls: true });
  });
  after(() => server.stop());

  const addressOf = (host: string, parameters: string) => {
    const url = new URL(server.url);
    url.hostname = host;
    return `${url.href}?${parameters}`;
  };
  const rootCert = () => `sslrootcert=${encodeURIComponent(join(server.directory, "server.crt"))}`;

  async function opened<Result>(address: string, body: (store: SnippetStore) => Promise<Result>): Promise<Result> {
    const store = await openAt(address);
    try {
      return await body(store);
    } finally {
      await store.close();
    }
  }

  /** Whether the connections of a store at `address` are encrypted, seen from the server. */
  const isEncrypted = (address: string) =>
    opened(`${address}&application_name=looked-at`, async (store) => {
      await store.migrations.up();
      await store.check();
      const admin = new pg.Client({ connectionString: server.url });
      await admin.connect();
      const { rows } = await admin.query(
        "select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'looked-at'",
      );
      await admin.end();
      assert.equal(rows.length, 1);
      return rows[0].ssl;
    });

  it("disable and allow do not encrypt, the others do", async () => {
    for (const mode of ["disable", "allow"]) assert.equal(await isEncrypted(addressOf("localhost", `sslmode=${mode}`)), false, mode);
    for (const mode of ["prefer", "require"]) assert.equal(await isEncrypted(addressOf("localhost", `sslmode=${mode}`)), true, mode);
    for (const mode of ["verify-ca", "verify-full"]) {
      assert.equal(await isEncrypted(addressOf("localhost", `sslmode=${mode}&${rootCert()}`)), true, mode);
    }
  });

  it("require does not look at the certificate, unless it is given a root", async () => {
    assert.equal(await isEncrypted(addressOf("127.0.0.1", "sslmode=require")), true);
    assert.equal(await isEncrypted(addressOf("127.0.0.1", `sslmode=require&${rootCert()}`)), true);
  });

  it("verify-ca refuses a stranger's certificate, verify-full also another server's", async () => {
    await opened(addressOf("localhost", "sslmode=verify-ca"), (store) => assert.rejects(store.check(), runnerError("UNAVAILABLE")));
    await opened(addressOf("localhost", "sslmode=verify-full"), (store) => assert.rejects(store.check(), runnerError("UNAVAILABLE")));
    assert.equal(await isEncrypted(addressOf("127.0.0.1", `sslmode=verify-ca&${rootCert()}`)), true);
    const elsewhere = addressOf("127.0.0.1", `sslmode=verify-full&${rootCert()}`);
    await opened(elsewhere, (store) => assert.rejects(store.check(), runnerError("UNAVAILABLE", /ERR_TLS_CERT_ALTNAME_INVALID/)));
  });

  it("a root certificate that can't be read is told at once", async () => {
    const address = addressOf("localhost", "sslmode=verify-ca&sslrootcert=/no/such/file");
    await assert.rejects(openAt(address), runnerError("INVALID_ARGUMENT", /sslrootcert .*ENOENT/));
  });

  it("allow encrypts where the server insists", async () => {
    // The first line that matches decides.
    const hba = join(server.directory, "data", "pg_hba.conf");
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await admin.query("create role insists login password 'p'");
    await admin.query("grant pg_read_all_data to insists");
    writeFileSync(hba, `hostssl all insists all scram-sha-256\nhost all insists all reject\n${readFileSync(hba, "utf8")}`);
    await admin.query("select pg_reload_conf()");
    await admin.end();
    const url = new URL(addressOf("localhost", "sslmode=allow"));
    url.username = "insists";
    url.password = "p";
    url.searchParams.set("sslmode", "disable");
    const refused = runnerError("UNAVAILABLE", /refuses this user or this connection/);
    await eventually(() => opened(url.href, (store) => assert.rejects(store.check(), refused)));
    url.searchParams.set("sslmode", "allow");
    await opened(url.href, async (store) => {
      const statuses = await Promise.all(Array.from({ length: 5 }, () => store.migrations.status()));
      assert.equal(statuses.length, 5);
      await store.migrations.status();
    });
  });
});
