import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** A password as it is kept: salted and hashed. */
export interface PasswordHash {
  salt: Buffer;
  key: Buffer;
}

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const saltBytes = 16;
const keyBytes = 32;

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(saltBytes);
  return { salt, key: await derive(password, salt, keyBytes) };
}

export async function isPassword(password: string, hash: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, hash.salt, keyBytes), hash.key);
}
