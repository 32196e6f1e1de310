import { AuthService } from "@gorunner/adapters-grpc/proto/sso";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { authService } from "./auth-service.js";
import { Users } from "./users.js";

export interface StartOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** 0, the default: any free one. */
  port?: number;
  /** What the tokens of app 1, `runner`, are signed with. Default `runner-secret`. */
  secret?: string;
}

/** A started server. Its user 1 is the admin admin@example.com with the password `admin`. */
export interface RunningSso {
  /** The real one. */
  port: number;
  /** Adds a user with a made-up email. @returns its id. */
  addUser(user: { admin: boolean }): Promise<bigint>;
  /** Cuts what is open. */
  close(): Promise<void>;
}

export const seededAdmin = { email: "admin@example.com", password: "admin" };

/** Starts a development SSO server. @throws when the port can't be had. */
export async function startSso({ host = "127.0.0.1", port = 0, secret = "runner-secret" }: StartOptions = {}): Promise<RunningSso> {
  const users = new Users();
  await users.register({ ...seededAdmin, role: "TEACHER", admin: true });
  const server = new Server();
  server.addService(AuthService, authService(users, [{ id: 1, name: "runner", secret }]));
  const boundPort = await bind(server, host, port);
  let added = 0;
  return {
    port: boundPort,
    addUser: async ({ admin }) => {
      const email = `added-${++added}@example.com`;
      const user = await users.register({ email, password: email, role: "STUDENT", admin });
      return user.id;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      server.forceShutdown();
      await closed;
    },
  };
}

function bind(server: Server, host: string, port: number): Promise<number> {
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (failure, bound) =>
      failure === null ? resolve(bound) : reject(failure),
    );
  });
}
