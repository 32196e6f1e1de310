import { type Metrics, silentMetrics } from "@gorunner/core";
import { metricsContract, type Opened } from "@gorunner/core/contract";
import { overridden, provesKit } from "./proof.js";

type Open = () => Promise<Opened<Metrics>>;

const correct = (): Open => async () => ({ port: silentMetrics, close() {} });

const mutant = (methods: Partial<Metrics>) => (): Open => async () => ({ port: overridden(silentMetrics, methods), close() {} });

/** What a library of metrics does with a value that it can't take. */
function refuse(isRefused: boolean): void {
  if (isRefused) throw new Error("this can't be measured");
}

/** Registers its names where all registers are one. */
function withGlobalRegister(): Open {
  let registered = false;
  return async () => {
    refuse(registered);
    registered = true;
    return {
      port: silentMetrics,
      close() {
        registered = false;
      },
    };
  };
}

let lastLoad = 0;

provesKit<Open>({
  port: "Metrics",
  declare: metricsContract,
  correct,
  mutants: {
    "two can be open at once": withGlobalRegister,
    "takes every code on every transport": mutant({
      requestHandled: ({ code, transport }) => refuse(code === "CANCELLED" && transport === "grpc"),
    }),
    "takes every outcome": mutant({ executionEnded: ({ outcome }) => refuse(outcome === "process_limit") }),
    "takes every lookup in the build cache": mutant({ buildCacheLookedUp: async () => {} }),
    "takes every lookup in each layer of the snippet cache": mutant({ snippetCacheLookedUp: ({ result }) => refuse(result === "error") }),
    "takes every answer of the SSO service": mutant({ ssoAnswered: (result) => refuse(result === "not_admin") }),
    "takes every measure of the store, senseless ones too": mutant({ storeMeasured: ({ bytes }) => refuse(bytes < 0) }),
    "takes every load, none and a large one too": mutant({
      executorLoadChanged({ queued }) {
        refuse(queued < lastLoad);
        lastLoad = queued;
      },
    }),
    "a duration that makes no sense is no reason to throw": mutant({ executionEnded: ({ timings }) => refuse(timings.queueMs < 0) }),
    "a load that makes no sense is no reason to throw": mutant({ executorLoadChanged: ({ running }) => refuse(Number.isNaN(running)) }),
    "leaves what it is given as it was": mutant({
      executionEnded({ timings }) {
        timings.runMs /= 1000;
      },
    }),
    "two thousand measurements in a row take no time to speak of": mutant({
      requestHandled() {
        const start = performance.now();
        while (performance.now() - start < 0.6);
      },
    }),
  },
});
