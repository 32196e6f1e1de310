import { execFileSync } from "node:child_process";
import { join } from "node:path";

/**
 * Makes `server.crt` and `server.key` in `directory`, for `localhost`, signed by itself. With the openssl program, which Debian's and Ubuntu's PostgreSQL brings along.
 */
export function makeCertificate(directory: string, owner: { uid: number; gid: number } | undefined): void {
  const files = ["-keyout", join(directory, "server.key"), "-out", join(directory, "server.crt")];
  const kind = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=DNS:localhost",
  ];
  execFileSync("openssl", [...kind, ...files], { cwd: directory, stdio: ["ignore", "ignore", "pipe"], ...owner });
}
