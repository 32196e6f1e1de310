import { noRequestScope, type RequestScope } from "@gorunner/core";
import { requestScopeContract } from "@gorunner/core/contract";
import { opening, provesKit } from "./proof.js";

/** Tells nobody what went wrong. */
const hidesErrors: RequestScope = {
  run(_id, work) {
    try {
      return work();
    } catch (error) {
      return JSON.parse(JSON.stringify(String(error)));
    }
  },
};

/** Can be in one scope only. */
function single(): RequestScope {
  let current: string | undefined;
  return {
    run(id, work) {
      if (current !== undefined) throw new Error(`the scope ${current} has not ended`);
      current = id;
      try {
        return work();
      } finally {
        current = undefined;
      }
    },
  };
}

provesKit<RequestScope>({
  port: "RequestScope",
  declare: (it, scope) =>
    requestScopeContract(
      it,
      opening(() => scope),
    ),
  correct: () => noRequestScope,
  mutants: {
    "returns what the work returns": () => ({ run: (_id, work) => JSON.parse(JSON.stringify(work())) }),
    "throws what the work throws": () => hidesErrors,
    "scopes can be nested": single,
  },
});
