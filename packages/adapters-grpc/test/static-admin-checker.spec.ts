import { adminCheckerContract } from "@gorunner/core/contract";
import { StaticAdminChecker } from "../src/index.js";

describe("StaticAdminChecker", () => {
  adminCheckerContract(it, async () => ({ port: new StaticAdminChecker([1n, 7n]), admin: 7n, student: 2n, close: () => {} }));
});
