/** One GET of the forwarder's to a proxy or to the checksum database. */
import { type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { type Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { ForwardReason } from "./fetch-reasons.js";
import { fixedLookup, type HostNames, isInner } from "./host-names.js";
import type { Target, Upstreams } from "./upstreams.js";

/** Why there is no answer; `detail` is for operators. */
export class NotForwarded extends Error {
  readonly reason: ForwardReason;

  constructor(reason: ForwardReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

export interface Asking {
  upstreams: Upstreams;
  names: HostNames;
  agents: { http: HttpAgent; https: HttpsAgent };
  signal: AbortSignal;
}

const maxRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);

/** @returns an answer with status 200, whose body is to be taken. @throws NotForwarded */
export async function askUpstream(asking: Asking, first: Target): Promise<IncomingMessage> {
  let target = first;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const answer = await askOnce(asking, target);
    const { statusCode = 0, headers } = answer;
    if (statusCode === 200) {
      const { "content-encoding": encoding = "identity" } = headers;
      if (encoding === "identity") return answer;
      answer.destroy();
      throw new NotForwarded("malformed", `${target.url} answered with content-encoding ${encoding}, which was not asked for`);
    }
    dropBody(answer);
    if (!redirects.has(statusCode)) throw new NotForwarded(reasonOf(statusCode), `${target.url} answered ${statusCode}`);
    target = redirected(target, headers.location, first);
  }
  throw new NotForwarded("redirected", `${first.url} redirects more than ${maxRedirects} times`);
}

/** A short body is read to its end and ignored, so that its connection serves the next request. */
function dropBody(answer: IncomingMessage): void {
  const length = Number(answer.headers["content-length"] ?? Number.NaN);
  if (length <= maxDroppedBytes) answer.on("error", () => answer.destroy()).resume();
  else answer.destroy();
}

const maxDroppedBytes = 64 * 1024;

function reasonOf(status: number): ForwardReason {
  if (status === 404 || status === 410) return "not_found";
  return status === 401 || status === 403 || status === 451 ? "forbidden" : "failed";
}

function redirected({ url }: Target, location: string | undefined, first: Target): Target {
  if (location === undefined || !URL.canParse(location, url.href)) throw new NotForwarded("redirected", `${url} redirects to no URL`);
  const next = new URL(location, url);
  next.username = "";
  next.password = "";
  const isSameOrigin = next.origin === first.url.origin && first.authorization !== undefined;
  return { url: next, ...(isSameOrigin ? { authorization: first.authorization } : {}) };
}

async function askOnce({ upstreams, names, agents, signal }: Asking, { url, authorization }: Target): Promise<IncomingMessage> {
  const trust = upstreams.trustIn(url);
  if (trust === "none") throw new NotForwarded("redirected", `${url.origin} is neither a configured proxy nor a redirect host`);
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  const addresses = await names.resolve(host).catch((error: Error) => {
    throw new NotForwarded("unreachable", `${url.origin}: ${error.message}`);
  });
  if (trust === "redirect" && addresses.some(({ address }) => isInner(address))) {
    throw new NotForwarded("redirected", `${url.origin} has an address inside this network, and is no configured proxy`);
  }
  const isSecure = url.protocol === "https:";
  const options = {
    method: "GET",
    agent: isSecure ? agents.https : agents.http,
    lookup: fixedLookup(addresses),
    headers: {
      accept: "*/*",
      "accept-encoding": "identity",
      "user-agent": "gorunner",
      ...(authorization === undefined ? {} : { authorization }),
    },
    signal,
  };
  return new Promise((resolve, reject) => {
    const sent = isSecure ? httpsRequest(url, options) : httpRequest(url, options);
    sent.once("response", resolve);
    let informed = 0;
    sent.on("information", () => {
      if (++informed <= maxInformation) return;
      reject(new NotForwarded("malformed", `${url} sends more than ${maxInformation} informational responses`));
      sent.destroy();
    });
    // There may be another when the answer has come, which its own stream tells.
    sent.on("error", (error) => reject(new NotForwarded(reasonOfError(error), `${url}: ${error.message}`)));
    sent.end();
  });
}

/** Responses of status 1xx before the answer; each may have headers of 16 KiB, and none says anything that matters here. */
const maxInformation = 8;

/** What Node's parser refuses (llhttp's `HPE_…`), a header that is too large too, is no answer of HTTP. */
const reasonOfError = (error: Error): ForwardReason =>
  "code" in error && String(error.code).startsWith("HPE_") ? "malformed" : "unreachable";
