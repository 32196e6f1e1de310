/**
 * `promise`, or a rejection when `deadline` (of `performance.now()`) comes first. What is resolved later goes to `onLate`.
 */
export async function within<Value>(deadline: number, promise: Promise<Value>, onLate: (value: Value) => void): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const timedOut = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        isLate = true;
        reject(new Error("timed out"));
      },
      Math.max(0, deadline - performance.now()),
    );
  });
  const watched = promise.then((value) => {
    if (isLate) onLate(value);
    return value;
  });
  try {
    return await Promise.race([watched, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
