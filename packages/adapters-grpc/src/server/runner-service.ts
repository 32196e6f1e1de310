import type { Runner } from "@gorunner/core";
import type { Server } from "@grpc/grpc-js";
import { CodeRequest, DeleteCodeRequest, IdRequest, RunnerService } from "../gen/runner/runner.js";
import { type CallFrame, rawRequests } from "./call-frame.js";

/** What the service needs of the core. */
export type UseCases = Pick<Runner, "runCode" | "shareCode" | "getSnippet" | "deleteSnippet">;

/** The paths of its methods, each of which answers one message with one. */
export const unaryPaths: ReadonlySet<string> = new Set(Object.values(RunnerService).map(({ path }) => path));

/** Adds `runner.Runner` to `server`: each rpc is one use case. */
export function addRunnerService(server: Server, frame: CallFrame, useCases: UseCases): void {
  server.addService(
    {
      runCode: rawRequests(RunnerService.runCode),
      shareCode: rawRequests(RunnerService.shareCode),
      getCodeById: rawRequests(RunnerService.getCodeById),
      deleteCode: rawRequests(RunnerService.deleteCode),
    },
    {
      runCode: frame.unary("RunCode", CodeRequest, async ({ code }, { signal, caller }) => {
        const { output, error } = await useCases.runCode.execute({ code, caller }, { signal });
        return { code, output, error };
      }),
      shareCode: frame.unary("ShareCode", CodeRequest, async ({ code }, { signal, caller }) => {
        const { id } = await useCases.shareCode.execute({ code, caller }, { signal });
        return { id };
      }),
      getCodeById: frame.unary("GetCodeByID", IdRequest, async ({ id }, { signal }) => {
        const { code, output, error } = await useCases.getSnippet.execute({ id }, { signal });
        return { code, output, error };
      }),
      deleteCode: frame.unary("DeleteCode", DeleteCodeRequest, async ({ id, userId }, { signal }) => {
        await useCases.deleteSnippet.execute({ id, user: userId }, { signal });
        return { success: true };
      }),
    },
  );
}
