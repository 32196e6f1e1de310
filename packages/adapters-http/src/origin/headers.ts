import cors from "cors";
import type { RequestHandler } from "express";
import type { AllowList } from "./allow-list.js";

/**
 * What tells browsers to keep answers from other pages: they take no type but the one given, and neither embed an answer
 * nor keep a handle on a window that shows it. Routes with pages of their own replace the policy.
 */
export const isolation: RequestHandler = (_request, response, next) => {
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  response.vary("Origin");
  next();
};

/** Lets the allowed origins' pages read answers, and answers what a browser asks before it sends their requests. */
export function sharing(allowed: AllowList): RequestHandler[] {
  const isShared = (origin: string | undefined) => origin !== undefined && allowed.allowsOrigin(origin);
  return [
    (request, response, next) => {
      if (allowed.anyOrigin || isShared(request.headers.origin)) response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
      next();
    },
    cors({
      origin: (origin, decide) => decide(null, isShared(origin)),
      methods: ["GET", "HEAD", "POST", "DELETE"],
      exposedHeaders: ["X-Request-Id", "Retry-After"],
      maxAge: preflightSeconds,
    }),
  ];
}

/** How long a browser may remember what it was allowed; all of them take this much. */
const preflightSeconds = 600;
