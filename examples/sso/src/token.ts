import { SignJWT } from "jose";
import { SsoError } from "./sso-error.js";
import type { User } from "./users.js";

/** A program whose users log in here. */
export interface App {
  id: number;
  name: string;
  /** What its tokens are signed with. */
  secret: string;
}

const tokenTtl = "1h";

/** A token for `app` that says who `user` is, signed with HS256. */
export function issueToken(user: User, app: App): Promise<string> {
  return new SignJWT({ uid: uidOf(user), email: user.email, role: user.role, app_id: app.id })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setExpirationTime(tokenTtl)
    .sign(new TextEncoder().encode(app.secret));
}

/** JSON's numbers are exact up to 2^53; ids here count up from 1. */
const uidOf = (user: User) => Number(user.id);

/** @throws SsoError INVALID_ARGUMENT for an app that is not known. */
export function appById(apps: App[], id: number): App {
  const app = apps.find((candidate) => candidate.id === id);
  if (app === undefined) throw new SsoError("INVALID_ARGUMENT", "no such app");
  return app;
}
