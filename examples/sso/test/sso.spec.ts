import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { on, once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { SsoAdminChecker } from "@gorunner/adapters-grpc";
import { AuthClient } from "@gorunner/adapters-grpc/proto/sso";
import { silentLogger, silentMetrics } from "@gorunner/core";
import { adminCheckerContract } from "@gorunner/core/contract";
import { credentials, type ServiceError, status } from "@grpc/grpc-js";
import { jwtVerify } from "jose";
import { type RunningSso, startSso } from "../src/index.js";

type End<Response> = (failure: ServiceError | null, response: Response) => void;

function answered<Response>(call: (end: End<Response>) => unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((failure, response) => (failure === null ? resolve(response) : reject(failure)));
  });
}

const clientOf = (port: number) => new AuthClient(`127.0.0.1:${port}`, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });

const refusedAs = (code: status) => (failure: unknown) => {
  assert.ok(failure instanceof Error && "code" in failure);
  assert.equal(status[Number(failure.code)], status[code]);
  return true;
};

const checkerAt = (port: number, { timeoutMs = 5000 } = {}) =>
  new SsoAdminChecker({
    address: `127.0.0.1:${port}`,
    timeoutMs,
    attempts: 2,
    metrics: silentMetrics,
    logger: silentLogger,
  });

describe("SsoAdminChecker with the development SSO", () => {
  adminCheckerContract(
    it,
    async () => {
      const sso = await startSso();
      const port = checkerAt(sso.port);
      const student = await sso.addUser({ admin: false });
      return {
        port,
        admin: await sso.addUser({ admin: true }),
        student,
        close: async () => {
          port.close();
          await sso.close();
        },
      };
    },
    {
      async unreachable() {
        const sso = await startSso();
        await sso.close();
        const port = checkerAt(sso.port);
        return { port, close: () => port.close() };
      },
      async silent() {
        const sockets: Socket[] = [];
        const nobody = createServer((socket) => sockets.push(socket.on("error", () => {}))).listen(0, "127.0.0.1");
        await once(nobody, "listening");
        const port = checkerAt((nobody.address() as AddressInfo).port, { timeoutMs: 300 });
        return {
          port,
          close: () => {
            port.close();
            nobody.close();
            for (const socket of sockets) socket.destroy();
          },
        };
      },
    },
  );
});

describe("the development SSO", () => {
  let sso: RunningSso;
  let client: AuthClient;
  beforeEach(async () => {
    sso = await startSso({ secret: "a secret of the test" });
    client = clientOf(sso.port);
  });
  afterEach(async () => {
    client.close();
    await sso.close();
  });

  const register = (email: string, password = "pass", role = "STUDENT") =>
    answered<{ userId: bigint }>((end) => client.register({ email, password, role }, end));
  const login = (email: string, password: string, appId = 1) =>
    answered<{ token: string }>((end) => client.login({ email, password, appId }, end));

  it("starts with user 1, an admin", async () => {
    assert.deepEqual(await answered((end) => client.isAdmin({ userId: 1n }, end)), { isAdmin: true });
  });

  it("registers users, who are no admins", async () => {
    const { userId } = await register("ada@example.com", "pass", "TEACHER");
    assert.equal(userId, 2n);
    assert.deepEqual(await answered((end) => client.isAdmin({ userId }, end)), { isAdmin: false });
  });

  it("does not know other users", async () => {
    await assert.rejects(
      answered((end) => client.isAdmin({ userId: 99n }, end)),
      refusedAs(status.NOT_FOUND),
    );
  });

  const refused: [email: string, password: string, role: string][] = [
    ["", "pass", "STUDENT"],
    ["nobody", "pass", "STUDENT"],
    ["a b@example.com", "pass", "STUDENT"],
    ["ada@example.com", "", "STUDENT"],
    ["ada@example.com", "pass", ""],
    ["ada@example.com", "pass", "ADMIN"],
  ];
  for (const [email, password, role] of refused) {
    it(`refuses to register "${email}" with password "${password}" as "${role}"`, async () => {
      await assert.rejects(register(email, password, role), refusedAs(status.INVALID_ARGUMENT));
    });
  }

  it("registers an email once, also when asked twice at the same time", async () => {
    const outcomes = await Promise.allSettled([register("ada@example.com"), register("Ada@example.com")]);
    assert.deepEqual(outcomes.map((outcome) => outcome.status).sort(), ["fulfilled", "rejected"]);
    await assert.rejects(register("ada@example.com"), refusedAs(status.ALREADY_EXISTS));
  });

  it("logs in with a token signed with the app's secret", async () => {
    const { userId } = await register("ada@example.com", "pass", "TEACHER");
    const { token } = await login("ada@example.com", "pass");
    const { payload, protectedHeader } = await jwtVerify(token, new TextEncoder().encode("a secret of the test"));
    assert.equal(protectedHeader.alg, "HS256");
    const { exp, ...claims } = payload;
    assert.deepEqual(claims, { uid: Number(userId), email: "ada@example.com", role: "TEACHER", app_id: 1 });
    assert.ok(exp !== undefined && exp > Date.now() / 1000);
  });

  it("refuses a wrong password and an unknown email alike, and an unknown app", async () => {
    await register("ada@example.com", "pass");
    await assert.rejects(login("ada@example.com", "other"), refusedAs(status.UNAUTHENTICATED));
    await assert.rejects(login("bob@example.com", "pass"), refusedAs(status.UNAUTHENTICATED));
    await assert.rejects(login("ada@example.com", "pass", 2), refusedAs(status.INVALID_ARGUMENT));
  });

  it("has no GetRole and no Logout, as the real one", async () => {
    await assert.rejects(
      answered((end) => client.getRole({ userId: 1n }, end)),
      refusedAs(status.UNIMPLEMENTED),
    );
    await assert.rejects(
      answered((end) => client.logout({ token: "" }, end)),
      refusedAs(status.UNIMPLEMENTED),
    );
  });
});

describe("the development SSO as a program", () => {
  const start = (...args: string[]) =>
    spawn(process.execPath, ["--import", "tsx", fileURLToPath(new URL("../src/main.ts", import.meta.url)), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`prints where it is, answers, and ends cleanly on ${signal}`, async () => {
      const program = start("--port", "0");
      let printed = "";
      for await (const chunk of on(program.stdout, "data")) {
        printed += chunk;
        if (printed.includes("user 1")) break;
      }
      const port = Number(/127\.0\.0\.1:(\d+)/.exec(printed)?.[1]);
      const client = clientOf(port);
      assert.deepEqual(await answered((end) => client.isAdmin({ userId: 1n }, end)), { isAdmin: true });
      client.close();
      const exited = once(program, "exit");
      program.kill(signal);
      assert.deepEqual(await exited, [0, null]);
    });
  }

  it("a bad argument ends it with code 2 and the usage", async () => {
    const program = start("--port", "many");
    let printed = "";
    program.stderr.on("data", (chunk) => {
      printed += chunk;
    });
    assert.deepEqual(await once(program, "close"), [2, null]);
    assert.match(printed, /--port must be a number.*\nusage:/);
  });
});
