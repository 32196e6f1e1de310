/** The surroundings of one request, so that everything logged on its behalf carries its id. */
export interface RequestScope {
  /** Runs `work` inside the scope of the request `id`, also through everything that it awaits, and returns its result. */
  run<Result>(id: string, work: () => Result): Result;
}

/** Keeps no scope; for embedders and tests. */
export const noRequestScope: RequestScope = { run: (_id, work) => work() };
