import { hashPassword, isPassword, type PasswordHash } from "./password.js";
import { SsoError } from "./sso-error.js";

export interface User {
  id: bigint;
  email: string;
  /** `STUDENT` or `TEACHER`. */
  role: string;
  admin: boolean;
}

const roles = ["STUDENT", "TEACHER"];

/** The users, in memory. Emails are compared without regard to case. */
export class Users {
  readonly #byId = new Map<bigint, User>();
  readonly #byEmail = new Map<string, { user: User; password: PasswordHash }>();
  readonly #pending = new Set<string>();
  #lastId = 0n;

  /** @throws SsoError INVALID_ARGUMENT, ALREADY_EXISTS. */
  async register(newUser: { email: string; password: string; role: string; admin: boolean }): Promise<User> {
    const { password, ...fields } = newUser;
    checkRegistration(newUser);
    const key = keyOf(fields.email);
    // Hashing takes a while, in which the same email may come again.
    if (this.#byEmail.has(key) || this.#pending.has(key)) throw new SsoError("ALREADY_EXISTS", "user already exists");
    this.#pending.add(key);
    try {
      const hash = await hashPassword(password);
      const user = { ...fields, id: ++this.#lastId };
      this.#byId.set(user.id, user);
      this.#byEmail.set(key, { user, password: hash });
      return user;
    } finally {
      this.#pending.delete(key);
    }
  }

  /** @throws SsoError UNAUTHENTICATED; it does not tell an unknown email from a wrong password. */
  async authenticate({ email, password }: { email: string; password: string }): Promise<User> {
    const known = this.#byEmail.get(keyOf(email));
    if (known === undefined || !(await isPassword(password, known.password))) {
      throw new SsoError("UNAUTHENTICATED", "invalid email or password");
    }
    return known.user;
  }

  /** @throws SsoError NOT_FOUND. */
  byId(id: bigint): User {
    const user = this.#byId.get(id);
    if (user === undefined) throw new SsoError("NOT_FOUND", "user not found");
    return user;
  }
}

const keyOf = (email: string) => email.toLowerCase();

function checkRegistration({ email, password, role }: { email: string; password: string; role: string }): void {
  if (email === "") throw new SsoError("INVALID_ARGUMENT", "email is required");
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new SsoError("INVALID_ARGUMENT", "email is not an email address");
  if (password === "") throw new SsoError("INVALID_ARGUMENT", "password is required");
  if (!roles.includes(role)) throw new SsoError("INVALID_ARGUMENT", `role must be one of ${roles.join(", ")}`);
}
