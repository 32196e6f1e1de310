import type { AuthServer } from "@gorunner/adapters-grpc/proto/sso";
import { type handleUnaryCall, status } from "@grpc/grpc-js";
import { SsoError } from "./sso-error.js";
import { type App, appById, issueToken } from "./token.js";
import type { Users } from "./users.js";

/** `auth.Auth` over `users`. GetRole and Logout are unimplemented, as they are in the real service. */
export function authService(users: Users, apps: App[]): AuthServer {
  return {
    register: answering(async ({ email, password, role }) => {
      const user = await users.register({ email, password, role, admin: false });
      return { userId: user.id };
    }),
    login: answering(async ({ email, password, appId }) => {
      const app = appById(apps, appId);
      const user = await users.authenticate({ email, password });
      return { token: await issueToken(user, app) };
    }),
    isAdmin: answering(async ({ userId }) => ({ isAdmin: users.byId(userId).admin })),
    getRole: answering(unimplemented),
    logout: answering(unimplemented),
  };
}

async function unimplemented(): Promise<never> {
  throw new SsoError("UNIMPLEMENTED", "not implemented");
}

function answering<Request, Response>(answer: (request: Request) => Promise<Response>): handleUnaryCall<Request, Response> {
  return (call, respond) => {
    answer(call.request).then(
      (response) => respond(null, response),
      (failure: unknown) => {
        if (failure instanceof SsoError) return respond({ code: status[failure.code], details: failure.message });
        console.error(failure);
        respond({ code: status.INTERNAL, details: "internal error" });
      },
    );
  };
}
