import { requestScopeContract } from "@gorunner/core/contract";
import { AsyncRequestScope } from "../../src/logging/request-scope.js";

describe("AsyncRequestScope", () => {
  requestScopeContract(it, async () => ({ port: new AsyncRequestScope(), close() {} }));
});
