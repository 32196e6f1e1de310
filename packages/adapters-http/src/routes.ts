import type { CancelSignal, Runner, Turns } from "@gorunner/core";
import { codeResponse, deleteCodeResponse, readCodeRequest, readInt64, readUserId, shareResponse } from "./messages.js";

/** The use cases that the routes offer. */
export type RestUseCases = Pick<Runner, "runCode" | "shareCode" | "getSnippet" | "deleteSnippet">;

/** What a route sees of a request. */
export interface RestRequest {
  /** The `{id}` of the path, decoded; empty where the path has none. */
  id: string;
  /** What stands behind the `?`, still encoded. */
  query: string;
  /** The client's address, for fairness between clients; behind a proxy they all have the proxy's. */
  caller: string;
  readBody(): Promise<Uint8Array>;
  signal: CancelSignal;
}

/** One rpc as a route: parses and checks, calls its use case, and forms the answer's message. */
export interface Route {
  rpc: "RunCode" | "ShareCode" | "GetCodeByID" | "DeleteCode";
  method: "get" | "post" | "delete";
  path: "/run" | "/share" | "/shared/{id}";
  serve(request: RestRequest): Promise<object>;
}

export function routesTo({ runCode, shareCode, getSnippet, deleteSnippet }: RestUseCases, turns: Turns): Route[] {
  return [
    {
      rpc: "RunCode",
      method: "post",
      path: "/run",
      serve: async ({ readBody, caller, signal }) => {
        const { code } = await readCodeRequest(await readBody(), turns);
        const { output, error } = await runCode.execute({ code, caller }, { signal });
        return codeResponse({ code, output, error });
      },
    },
    {
      rpc: "ShareCode",
      method: "post",
      path: "/share",
      serve: async ({ readBody, caller, signal }) => {
        const { code } = await readCodeRequest(await readBody(), turns);
        return shareResponse((await shareCode.execute({ code, caller }, { signal })).id);
      },
    },
    {
      rpc: "GetCodeByID",
      method: "get",
      path: "/shared/{id}",
      serve: async ({ id, signal }) => codeResponse(await getSnippet.execute({ id: readInt64(id, "id") }, { signal })),
    },
    {
      rpc: "DeleteCode",
      method: "delete",
      path: "/shared/{id}",
      serve: async ({ id, query, signal }) => {
        await deleteSnippet.execute({ id: readInt64(id, "id"), user: readUserId(query) }, { signal });
        return deleteCodeResponse();
      },
    },
  ];
}
