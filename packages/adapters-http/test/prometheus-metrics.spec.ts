import assert from "node:assert/strict";
import { silentLogger } from "@gorunner/core";
import { metricsContract } from "@gorunner/core/contract";
import { createMetricsServer, PrometheusMetrics } from "../src/index.js";
import { parseMetrics, type Samples } from "./support/parse-metrics.js";

const timings = { queueMs: 10, fetchMs: 0, buildMs: 200, runMs: 3000 };

async function samplesOf(metrics: PrometheusMetrics): Promise<Samples> {
  return parseMetrics((await metrics.render("prometheus")).text, "prometheus").samples;
}

describe("PrometheusMetrics", () => {
  metricsContract(it, async () => ({ port: new PrometheusMetrics(), close: () => {} }));

  it("counts calls by transport, method and code, and how long they took in seconds", async () => {
    const metrics = new PrometheusMetrics();
    metrics.requestHandled({ transport: "http", method: "RunCode", code: "OK", durationMs: 1500 });
    metrics.requestHandled({ transport: "grpc", method: "DeleteCode", code: "PERMISSION_DENIED", durationMs: 2 });
    const samples = await samplesOf(metrics);
    assert.equal(samples.get('runner_requests_total{code="OK",method="RunCode",transport="http"}'), 1);
    assert.equal(samples.get('runner_requests_total{code="PERMISSION_DENIED",method="DeleteCode",transport="grpc"}'), 1);
    assert.equal(samples.get('runner_request_duration_seconds_sum{method="RunCode",transport="http"}'), 1.5);
  });

  it("measures the phases that an execution reached, and no others", async () => {
    const metrics = new PrometheusMetrics();
    metrics.executionEnded({ outcome: "ok", timings });
    metrics.executionEnded({ outcome: "compile_error", timings });
    metrics.executionEnded({ outcome: "fetch_timeout", timings });
    const samples = await samplesOf(metrics);
    const measured = ["queue", "build", "run"].map((phase) => samples.get(`runner_execution_phase_seconds_count{phase="${phase}"}`));
    assert.deepEqual(measured, [3, 2, 1]);
    assert.equal(samples.get('runner_execution_phase_seconds_sum{phase="run"}'), 3);
    for (const outcome of ["ok", "compile_error", "fetch_timeout"])
      assert.equal(samples.get(`runner_executions_total{outcome="${outcome}"}`), 1);
  });

  it("takes lookups, answers, loads and the sandbox in force", async () => {
    const metrics = new PrometheusMetrics();
    metrics.buildCacheLookedUp("hit");
    metrics.snippetCacheLookedUp({ layer: "redis", result: "error" });
    metrics.ssoAnswered("not_admin");
    metrics.executorLoadChanged({ queued: 3, running: 2 });
    metrics.setSandboxInfo({ tier: "bubblewrap", resources: "rlimits", seccomp: "all" });
    metrics.setSandboxInfo({ tier: "bubblewrap", resources: "cgroups", seccomp: "all" });
    const samples = await samplesOf(metrics);
    assert.equal(samples.get('runner_build_cache_total{result="hit"}'), 1);
    assert.equal(samples.get('runner_snippet_cache_total{layer="redis",result="error"}'), 1);
    assert.equal(samples.get('runner_sso_requests_total{result="not_admin"}'), 1);
    assert.equal(samples.get("runner_queue_depth"), 3);
    assert.equal(samples.get("runner_executions_in_flight"), 2);
    assert.deepEqual(
      [...samples].filter(([name]) => name.startsWith("runner_sandbox_info")),
      [['runner_sandbox_info{resources="cgroups",seccomp="all",tier="bubblewrap"}', 1]],
    );
  });

  it("tells for each second the longest time for which the event loop was held", async () => {
    const metrics = new PrometheusMetrics();
    const observed = async () => {
      const samples = await samplesOf(metrics);
      const named = (name: string) => samples.get(`runner_event_loop_delay_seconds_${name}`) ?? 0;
      return { count: named("count"), sum: named("sum"), below: named('bucket{le="0.2"}') };
    };
    const oneMore = async (count: number) => {
      while ((await observed()).count <= count) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await oneMore(0);
    const before = await observed();
    const end = performance.now() + 500;
    while (performance.now() < end);
    await oneMore(before.count);
    const after = await observed();
    assert.ok(after.sum - before.sum >= 0.4, `${after.sum - before.sum} s were seen of 0.5`);
    assert.ok(after.count - after.below > before.count - before.below, "a second with a delay above 0.2 s");
  });

  it("series whose labels are known start at zero", async () => {
    const samples = await samplesOf(new PrometheusMetrics());
    for (const name of [
      'runner_requests_total{code="INTERNAL",method="ShareCode",transport="grpc"}',
      'runner_request_duration_seconds_count{method="GetCodeByID",transport="http"}',
      'runner_executions_total{outcome="memory_limit"}',
      'runner_execution_phase_seconds_count{phase="build"}',
      'runner_build_cache_total{result="miss"}',
      'runner_snippet_cache_total{layer="process",result="hit"}',
      'runner_sso_requests_total{result="error"}',
      "runner_queue_depth",
      "runner_executions_in_flight",
    ]) {
      assert.equal(samples.get(name), 0, name);
    }
    assert.ok(samples.has("process_cpu_seconds_total"));
  });

  it("drops values that make no sense, and counts the rest", async () => {
    const metrics = new PrometheusMetrics();
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      metrics.requestHandled({ transport: "http", method: "RunCode", code: "OK", durationMs: value });
      metrics.executorLoadChanged({ queued: value, running: value });
    }
    const samples = await samplesOf(metrics);
    assert.equal(samples.get('runner_requests_total{code="OK",method="RunCode",transport="http"}'), 3);
    assert.equal(samples.get('runner_request_duration_seconds_count{method="RunCode",transport="http"}'), 0);
    assert.equal(samples.get("runner_queue_depth"), 0);
  });

  it("two of them share nothing", async () => {
    const [one, other] = [new PrometheusMetrics(), new PrometheusMetrics()];
    one.buildCacheLookedUp("hit");
    assert.equal((await samplesOf(other)).get('runner_build_cache_total{result="hit"}'), 0);
  });
});

describe("GET /metrics", () => {
  async function withMetrics(body: (url: string, metrics: PrometheusMetrics) => Promise<void>): Promise<void> {
    const metrics = new PrometheusMetrics();
    const server = createMetricsServer({ metrics, logger: silentLogger });
    const port = await server.listen({ host: "127.0.0.1", port: 0 });
    try {
      await body(`http://127.0.0.1:${port}`, metrics);
    } finally {
      await server.close({ graceMs: 0 });
    }
  }

  const prometheusOwn =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4," +
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
  const accepted: [string, "prometheus" | "openmetrics"][] = [
    ["*/*", "prometheus"],
    ["", "prometheus"],
    ["text/html", "prometheus"],
    ["text/plain", "prometheus"],
    ["application/openmetrics-text", "openmetrics"],
    ["application/openmetrics-text; version=1.0.0; charset=utf-8", "openmetrics"],
    ["application/openmetrics-text;q=0.1, text/plain;q=0.9", "prometheus"],
    [prometheusOwn, "openmetrics"],
  ];
  for (const [accept, format] of accepted) {
    it(`"${accept.slice(0, 60)}" gets ${format}, which parses`, () =>
      withMetrics(async (url) => {
        const response = await fetch(`${url}/metrics`, { headers: { Accept: accept } });
        const type = response.headers.get("content-type");
        assert.equal(
          type,
          format === "prometheus"
            ? "text/plain; version=0.0.4; charset=utf-8"
            : "application/openmetrics-text; version=1.0.0; charset=utf-8",
        );
        parseMetrics(await response.text(), format);
      }));
  }

  it("one format's scrape does not change the other's", () =>
    withMetrics(async (url, metrics) => {
      metrics.buildCacheLookedUp("hit");
      for (const format of ["openmetrics", "prometheus", "openmetrics", "prometheus"] as const) {
        const accept = format === "openmetrics" ? "application/openmetrics-text" : "text/plain";
        const text = await (await fetch(`${url}/metrics`, { headers: { Accept: accept } })).text();
        const { samples, types } = parseMetrics(text, format);
        assert.equal(samples.get('runner_build_cache_total{result="hit"}'), 1);
        assert.equal(types.get(format === "openmetrics" ? "runner_build_cache" : "runner_build_cache_total"), "counter");
      }
    }));

  it("other paths are 404, other methods 405", () =>
    withMetrics(async (url) => {
      assert.equal((await fetch(url)).status, 404);
      assert.equal((await fetch(`${url}/run`, { method: "POST" })).status, 404);
      assert.equal((await fetch(`${url}/metrics`, { method: "POST" })).status, 405);
    }));
});
