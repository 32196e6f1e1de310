/** The host's files that fetching over the network needs. */
import { access, constants, realpath } from "node:fs/promises";
import { unavailable } from "@gorunner/core";
import type { NetworkFiles } from "../sandbox/tier.js";
import type { ModuleProxies } from "./module-proxies.js";

/** Where distributions keep the certificates that they trust (crypto/x509/root_linux.go). */
const usualCertificates = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** @throws RunnerError UNAVAILABLE when there are no certificates. */
export async function findNetworkFiles(proxies: ModuleProxies, environment: NodeJS.ProcessEnv = process.env): Promise<NetworkFiles> {
  const [resolvConf, hosts] = await Promise.all([firstOf(["/etc/resolv.conf"]), firstOf(["/etc/hosts"])]);
  const own = environment["SSL_CERT_FILE"];
  const certificates = await firstOf(own ? [own] : usualCertificates);
  // The checksum database is asked by TLS whatever the proxies are, but not where a proxy stands in for it.
  if (certificates === undefined && proxies.shown.some((url) => url.startsWith("https:"))) {
    throw unavailable(
      `no certificates for the module proxies found (looked at SSL_CERT_FILE, ${usualCertificates.join(", ")}); install ca-certificates or set SSL_CERT_FILE`,
    );
  }
  return {
    ...(resolvConf === undefined ? {} : { resolvConf }),
    ...(hosts === undefined ? {} : { hosts }),
    ...(certificates === undefined ? {} : { certificates }),
  };
}

/** The real path, as what a link names may not be there in a sandbox. */
async function firstOf(candidates: string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.R_OK);
      return await realpath(candidate);
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
  }
  return undefined;
}

const isAbsence = (error: unknown) =>
  error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR", "EACCES", "ELOOP"].includes(String(error.code));
