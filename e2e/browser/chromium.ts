/** A real browser, headless, that reaches this machine alone. */
import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "../../scripts/prepare/browser.mjs";

/** A name that the attacker's name server gives the address of the victim's machine (DNS rebinding). */
export const reboundName = "attacker.test";

const args = [
  `--host-resolver-rules=MAP ${reboundName} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost`,
  // Chromium asks a person before a page of the internet reaches this machine. Not every browser does, and people agree.
  "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,PrivateNetworkAccessSendPreflights",
  "--no-first-run",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** As root Chromium starts without a sandbox only. It opens pages of these tests alone. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = findBrowser(process.env);
  if (executablePath === undefined) throw new Error("no Chromium found: npm run test:browser says what to install");
  return chromium.launch({ executablePath, args, chromiumSandbox: process.getuid?.() !== 0, timeout: 100_000 });
}
