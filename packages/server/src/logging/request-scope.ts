/** The id of the request that the code is working for, carried along through everything it awaits. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { RequestScope } from "@gorunner/core";

export class AsyncRequestScope implements RequestScope {
  readonly #ids = new AsyncLocalStorage<string>();

  run<Result>(id: string, work: () => Result): Result {
    return this.#ids.run(id, work);
  }

  /** @returns undefined outside of every request. */
  currentId(): string | undefined {
    return this.#ids.getStore();
  }
}
