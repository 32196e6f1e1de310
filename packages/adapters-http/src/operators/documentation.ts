import { createRequire } from "node:module";
import { dirname } from "node:path";
import { type RequestHandler, Router } from "express";
import { sendJson } from "../answers/answer.js";
import { openApiDocument } from "../openapi/document.js";

/** `/openapi.json`, and `/docs`: Swagger UI over it, from this server alone, so that it works without the internet. */
export function documentationRoutes(): Router {
  const router = Router({ strict: true, caseSensitive: true });
  router.get("/openapi.json", (_request, response) => sendJson(response, { httpStatus: 200, json: [document] }));
  router.get(["/docs", "/docs/"], serveText("text/html; charset=utf-8", page));
  router.get("/docs/start.js", serveText("text/javascript; charset=utf-8", startScript));
  for (const [name, type] of Object.entries(swaggerUiFiles)) router.get(`/docs/${name}`, serveFile(name, type));
  return router;
}

const document = Buffer.from(JSON.stringify(openApiDocument));

/** The files of `swagger-ui-dist` that the page needs, with their types. */
const swaggerUiFiles = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
} as const;

const page = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Runner API</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** `validatorUrl: "none"` keeps Swagger UI from sending the document's address to its makers' validator. */
const startScript = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: "none" });
`;

/** Swagger UI sets styles from scripts and has its icons as data; nothing comes from, or goes to, another host. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function serveText(type: string, text: string): RequestHandler {
  return (_request, response) => {
    response.setHeader("Content-Type", type);
    response.setHeader("Content-Security-Policy", contentSecurityPolicy);
    response.setHeader("Cache-Control", "no-cache");
    response.end(text);
  };
}

function serveFile(name: string, type: string): RequestHandler {
  return (_request, response, next) => {
    response.setHeader("Content-Type", type);
    response.sendFile(name, { root: swaggerUiDirectory(), maxAge: assetAgeMs }, (failure?: Error) => {
      // Without a client there is nobody to tell.
      if (failure !== undefined && !response.destroyed) next(failure);
    });
  };
}

const assetAgeMs = 60 * 60 * 1000;

/** Where pnpm or npm put the package. */
const swaggerUiDirectory = () => dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
