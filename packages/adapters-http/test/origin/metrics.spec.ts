import assert from "node:assert/strict";
import { PrometheusMetrics } from "../../src/index.js";
import { createMetricsServer } from "../../src/metrics/metrics-server.js";
import { ask } from "../support/ask.js";
import { recordingLogger } from "../support/in-test-ports.js";

describe("The metrics port", () => {
  const { logger } = recordingLogger();
  const server = createMetricsServer({ metrics: new PrometheusMetrics(), logger, cors: { origins: [], hosts: ["scraped.example"] } });
  let port = 0;
  before(async () => {
    port = await server.listen({ host: "127.0.0.1", port: 0 });
  });
  after(() => server.close({ graceMs: 0 }));

  const metricsAs = (headers: Record<string, string>) => ask(port, { target: "/metrics", headers: Object.entries(headers) });

  for (const [who, headers] of Object.entries({
    "Prometheus on this machine": { Host: "localhost:9100" },
    "Prometheus by a name that cors.hosts lists": { Host: "scraped.example:9100" },
    "a person's browser": { Host: "127.0.0.1:9100", "Sec-Fetch-Site": "none" },
  })) {
    it(`serves ${who}`, async () => assert.equal((await metricsAs(headers)).status, 200));
  }

  for (const [who, headers, key] of [
    ["a page that has rebound its name", { Host: "attacker.test:9100" }, /cors\.hosts/],
    ["another origin's page", { Host: "localhost:9100", Origin: "http://localhost:8090" }, /cors\.origins/],
    ["another origin's script element", { Host: "localhost:9100", "Sec-Fetch-Site": "cross-site" }, /cors\.origins/],
  ] as const) {
    it(`refuses ${who}`, async () => {
      const { status, headers: answered, body } = await metricsAs(headers);
      assert.equal(status, 403);
      assert.match(body, key);
      assert.doesNotMatch(body, /runner_/);
      assert.equal(answered["x-content-type-options"], "nosniff");
    });
  }
});
