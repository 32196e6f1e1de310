import assert from "node:assert/strict";
import { createContext, runInContext } from "node:vm";
import { type CodeExecutor, RunnerError, unavailable } from "@gorunner/core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { openApiDocument } from "../src/openapi/document.js";
import { hello, type TestServer, withServer } from "./support/test-server.js";

describe("/healthz and /readyz", () => {
  it("the process lives", () =>
    withServer({}, async ({ fetch }) => {
      const response = await fetch("/healthz");
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), { status: "ok" });
      assert.equal((await fetch("/healthz", { method: "HEAD" })).status, 200);
    }));

  it("ready is 200, unready is 503 with the reason, and neither is cached", async () => {
    let ready = true;
    const readiness = async () => (ready ? ({ ready } as const) : ({ ready, reason: "draining" } as const));
    await withServer({ readiness: readiness as TestReadiness }, async ({ fetch }) => {
      const first = await fetch("/readyz");
      assert.deepEqual([first.status, await first.json()], [200, { status: "ready" }]);
      ready = false;
      const second = await fetch("/readyz");
      assert.deepEqual([second.status, await second.json()], [503, { status: "unavailable", reason: "draining" }]);
      for (const { headers } of [first, second]) assert.equal(headers.get("cache-control"), "no-store");
    });
  });

  for (const [error, reason] of [
    [unavailable("the snippet store can't be reached"), "the snippet store can't be reached"],
    [new Error("postgres://secret"), "readiness could not be found out"],
  ] as const) {
    it(`a readiness that throws "${error.message}" is 503: ${reason}`, () =>
      withServer({ readiness: () => Promise.reject(error) }, async ({ fetch }) => {
        const response = await fetch("/readyz");
        assert.deepEqual([response.status, await response.json()], [503, { status: "unavailable", reason }]);
      }));
  }
});

type TestReadiness = NonNullable<Parameters<typeof withServer>[0]["readiness"]>;
type Operation = { responses: Record<string, object> };

describe("/openapi.json", () => {
  const ajv = new Ajv2020({ strict: false, formats: { int64: true, int32: true } });
  ajv.addSchema({ $id: "api", ...openApiDocument });

  const paths: Record<string, Record<string, Operation | undefined>> = JSON.parse(JSON.stringify(openApiDocument.paths));

  /** Fails unless `body` is what the document says `method path` answers with `status`. */
  async function assertDocumented(path: string, method: string, response: Response): Promise<void> {
    const item = paths[path];
    const documented = item?.[method.toLowerCase()]?.responses[response.status];
    assert.ok(documented !== undefined, `${method} ${path} ${response.status}`);
    const pointer = (value: object) => ("$ref" in value ? String(value.$ref).slice(1) : undefined);
    const escaped = path.replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D");
    const at = pointer(documented) ?? `/paths/${escaped}/${method.toLowerCase()}/responses/${response.status}`;
    const validate = ajv.compile({ $ref: `api#${at}/content/application~1json/schema` });
    assert.ok(validate(await response.json()), ajv.errorsText(validate.errors));
  }

  it("is valid OpenAPI 3.1", () =>
    withServer({}, async ({ fetch }) => {
      const response = await fetch("/openapi.json");
      assert.equal(response.headers.get("content-type"), "application/json");
      const validator = new Validator();
      const { valid, errors } = await validator.validate(JSON.parse(await response.text()));
      assert.ok(valid, JSON.stringify(errors));
      assert.equal(validator.version, "3.1");
    }));

  it("every example is what its schema says", () => {
    for (const [name, schema] of Object.entries(openApiDocument.components.schemas)) {
      const validate = ajv.compile({ $ref: `api#/components/schemas/${name}` });
      for (const example of "examples" in schema ? schema.examples : []) assert.ok(validate(example), ajv.errorsText(validate.errors));
    }
    const validate = ajv.compile({ $ref: "api#/components/schemas/Error" });
    for (const { content } of Object.values(openApiDocument.components.responses)) {
      assert.ok(validate(content["application/json"].example), ajv.errorsText(validate.errors));
    }
  });

  it("every documented route answers as documented", () =>
    withServer({}, async ({ post, fetch }) => {
      await assertDocumented("/run", "POST", await post("/run", hello));
      await assertDocumented("/share", "POST", await post("/share", hello));
      await assertDocumented("/shared/{id}", "GET", await fetch("/shared/1"));
      await assertDocumented("/shared/{id}", "DELETE", await fetch("/shared/1?user_id=1", { method: "DELETE" }));
      await assertDocumented("/healthz", "GET", await fetch("/healthz"));
      await assertDocumented("/readyz", "GET", await fetch("/readyz"));
    }));

  it("every refusal is documented", async () => {
    let thrown = new RunnerError("INTERNAL", "");
    const executor: CodeExecutor = {
      execute: async () => {
        throw thrown;
      },
    };
    const refusals = async ({ post, fetch }: TestServer) => {
      await assertDocumented("/run", "POST", await post("/run", "{}"));
      await assertDocumented("/run", "POST", await post("/run", " ".repeat(2_000_000)));
      await assertDocumented("/run", "POST", await post("/run", hello, { "Content-Encoding": "x" }));
      await assertDocumented("/run", "POST", await post("/run", hello, { Origin: "https://evil.example" }));
      await assertDocumented("/shared/{id}", "GET", await fetch("/shared/1", { headers: { Origin: "https://evil.example" } }));
      await assertDocumented("/shared/{id}", "GET", await fetch("/shared/1"));
      await assertDocumented("/shared/{id}", "DELETE", await fetch("/shared/1?user_id=1", { method: "DELETE" }));
      await assertDocumented("/shared/{id}", "DELETE", await fetch("/shared/1?user_id=2", { method: "DELETE" }));
      for (const code of ["UNAUTHENTICATED", "RESOURCE_EXHAUSTED", "CANCELLED", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED"] as const) {
        thrown = new RunnerError(code, "as thrown");
        await assertDocumented("/run", "POST", await post("/run", hello));
        await assertDocumented("/share", "POST", await post("/share", hello));
      }
    };
    await withServer({ executor }, refusals);
    const readiness = async () => ({ ready: false, reason: "draining" }) as const;
    await withServer({ readiness }, async ({ fetch }) => assertDocumented("/readyz", "GET", await fetch("/readyz")));
  });
});

describe("/docs", () => {
  it("is a page whose every asset comes from this server, with its right type", () =>
    withServer({}, async ({ fetch }) => {
      for (const path of ["/docs", "/docs/"]) {
        const response = await fetch(path);
        assert.equal(response.status, 200);
        assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
        const page = await response.text();
        const assets = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address ?? "");
        assert.equal(assets.length, 4);
        for (const address of assets) {
          assert.match(address, /^\/docs\/[a-z0-9.-]+$/);
          const asset = await fetch(address);
          assert.equal(asset.status, 200, address);
          assert.match(asset.headers.get("content-type") ?? "", /^(text\/(css|javascript); charset=utf-8|image\/png)$/);
          assert.ok((await asset.arrayBuffer()).byteLength > 50, address);
        }
      }
    }));

  it("allows itself no other host, and no script but its files", () =>
    withServer({}, async ({ fetch }) => {
      const response = await fetch("/docs");
      const policy = response.headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /script-src 'self'(;|$)/);
      assert.doesNotMatch(policy, /https?:|\*/);
      assert.doesNotMatch(await response.text(), /<script>|https?:| on[a-z]+=/);
    }));

  it("starts Swagger UI on our document, with the makers' validator off", () =>
    withServer({}, async ({ fetch }) => {
      const options: Record<string, unknown>[] = [];
      const page = createContext({ SwaggerUIBundle: (given: Record<string, unknown>) => options.push(given) });
      runInContext(await (await fetch("/docs/start.js")).text(), page);
      assert.deepEqual(
        options.map(({ url, dom_id, validatorUrl }) => ({ url, dom_id, validatorUrl })),
        [{ url: "/openapi.json", dom_id: "#swagger-ui", validatorUrl: "none" }],
      );
    }));

  it("serves none of the package's other files", () =>
    withServer({}, async ({ fetch }) => {
      for (const name of ["package.json", "swagger-ui-bundle.js.map", "index.html", "..%2Fpackage.json"]) {
        assert.equal((await fetch(`/docs/${name}`)).status, 404, name);
      }
    }));
});
