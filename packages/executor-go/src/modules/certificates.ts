/** The certificates that module proxies and the checksum database are trusted by. */
import { readFile } from "node:fs/promises";
import { unavailable } from "@gorunner/core";

/** Where distributions keep the certificates that they trust (crypto/x509/root_linux.go). */
const usualCertificates = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

export interface CertificateSearch {
  /** Whether a proxy is asked by TLS. The checksum database always is, but a proxy may stand in for it. */
  areNeeded: boolean;
  environment?: NodeJS.ProcessEnv;
}

/** In PEM format; none: those that Node brings. @throws RunnerError UNAVAILABLE when there are none and they are needed. */
export async function findCertificates({ areNeeded, environment = process.env }: CertificateSearch): Promise<string[]> {
  const own = environment["SSL_CERT_FILE"];
  const more = environment["NODE_EXTRA_CA_CERTS"];
  const found = [await firstOf(own ? [own] : usualCertificates), more ? await firstOf([more]) : undefined];
  const certificates = found.filter((text) => text !== undefined);
  if (certificates.length > 0 || !areNeeded) return certificates;
  throw unavailable(
    `no certificates for the module proxies found (looked at SSL_CERT_FILE, NODE_EXTRA_CA_CERTS, ${usualCertificates.join(", ")}); install ca-certificates or set SSL_CERT_FILE`,
  );
}

async function firstOf(candidates: string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    try {
      return await readFile(candidate, "utf8");
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
  }
  return undefined;
}

const isAbsence = (error: unknown) =>
  error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR", "EACCES", "ELOOP", "EISDIR"].includes(String(error.code));
