import type { ErrorCode, Metrics, Outcome, Timings } from "@gorunner/core";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { observeEventLoop } from "./event-loop-delay.js";
import * as known from "./known-labels.js";
import { openMetricsText } from "./open-metrics.js";

/** Seconds: from a cached snippet's answer to a run that waits in the queue, builds slowly and hits its time limit. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Measurements as Prometheus series, in a registry of their own. A value that makes no sense is dropped. */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #requests = this.#counter("runner_requests_total", "Calls answered, by how they ended.", ["transport", "method", "code"]);
  readonly #requestSeconds = this.#histogram("runner_request_duration_seconds", "How long calls took.", ["transport", "method"]);
  readonly #executions = this.#counter("runner_executions_total", "Executions ended, by outcome.", ["outcome"]);
  readonly #phaseSeconds = this.#histogram("runner_execution_phase_seconds", "How long each phase of an execution took.", ["phase"]);
  readonly #buildCache = this.#counter("runner_build_cache_total", "Lookups in the cache of built programs.", ["result"]);
  readonly #snippetCache = this.#counter("runner_snippet_cache_total", "Lookups in the snippet cache.", ["layer", "result"]);
  readonly #sso = this.#counter("runner_sso_requests_total", "Questions put to the SSO service, by its answer.", ["result"]);
  readonly #queued = this.#gauge("runner_queue_depth", "Executions that wait for a slot.", []);
  readonly #running = this.#gauge("runner_executions_in_flight", "Executions that hold a slot.", []);
  readonly #sandbox = this.#gauge("runner_sandbox_info", "The sandbox in force; always 1.", ["tier", "resources", "seccomp"]);

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    observeEventLoop(this.#registry);
    this.#startAtZero();
  }

  requestHandled(request: { transport: "grpc" | "http"; method: string; code: ErrorCode | "OK"; durationMs: number }): void {
    const { transport, method, code, durationMs } = request;
    this.#requests.inc({ transport, method, code });
    observeMs(this.#requestSeconds, { transport, method }, durationMs);
  }

  executionEnded({ outcome, timings }: { outcome: Outcome; timings: Timings }): void {
    this.#executions.inc({ outcome });
    const took = { queue: timings.queueMs, build: timings.buildMs, run: timings.runMs };
    for (const phase of known.phases) {
      observeMs(this.#phaseSeconds, { phase }, took[phase]);
      if (phase === known.lastPhaseOf[outcome]) break;
    }
  }

  buildCacheLookedUp(result: "hit" | "miss"): void {
    this.#buildCache.inc({ result });
  }

  snippetCacheLookedUp({ layer, result }: { layer: "process" | "redis"; result: "hit" | "miss" | "absent" | "error" }): void {
    this.#snippetCache.inc({ layer, result });
  }

  ssoAnswered(result: "admin" | "not_admin" | "error"): void {
    this.#sso.inc({ result });
  }

  executorLoadChanged({ queued, running }: { queued: number; running: number }): void {
    if (isMeasure(queued)) this.#queued.set(queued);
    if (isMeasure(running)) this.#running.set(running);
  }

  /** Says which sandbox is in force from now on. */
  setSandboxInfo(info: { tier: string; resources: string; seccomp: string }): void {
    this.#sandbox.reset();
    this.#sandbox.set(info, 1);
  }

  /** Everything measured so far, in a text format that Prometheus reads. */
  async render(format: "prometheus" | "openmetrics"): Promise<{ contentType: string; text: string }> {
    const text = await this.#registry.metrics();
    return format === "prometheus"
      ? { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text }
      : { contentType: Registry.OPENMETRICS_CONTENT_TYPE, text: openMetricsText(text) };
  }

  #startAtZero(): void {
    for (const transport of known.transports) {
      for (const method of known.methods) {
        for (const code of known.codes) this.#requests.inc({ transport, method, code }, 0);
        this.#requestSeconds.zero({ transport, method });
      }
    }
    for (const outcome of known.outcomes) this.#executions.inc({ outcome }, 0);
    for (const phase of known.phases) this.#phaseSeconds.zero({ phase });
    for (const result of known.buildCacheResults) this.#buildCache.inc({ result }, 0);
    for (const layer of known.snippetCacheLayers) {
      for (const result of known.snippetCacheResults) this.#snippetCache.inc({ layer, result }, 0);
    }
    for (const result of known.ssoResults) this.#sso.inc({ result }, 0);
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<Label extends string>(name: string, help: string, labelNames: Label[]): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.#registry] });
  }
}

const isMeasure = (value: number) => Number.isFinite(value) && value >= 0;

function observeMs<Label extends string>(histogram: Histogram<Label>, labels: Record<Label, string>, milliseconds: number): void {
  if (isMeasure(milliseconds)) histogram.observe(labels, milliseconds / 1000);
}
