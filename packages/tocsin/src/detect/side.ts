// Work of the engine side by side.

/** Questions the engine works on side by side: one waits for memory or disk while the other computes. */
const questionsAtOnce = 2;

/** Works on the items in order, a few at once; the promises are theirs, and a failure waits until it is wanted. */
export function side<T, R>(items: readonly T[], work: (item: T) => Promise<R>): readonly Promise<R>[] {
  const waiting: (() => Promise<void>)[] = [];
  const results = items.map(
    (item) =>
      new Promise<R>((resolve, reject) => {
        waiting.push(() => work(item).then(resolve, reject));
      }),
  );
  for (const result of results) result.catch(() => undefined);
  const lane = async (): Promise<void> => {
    for (let start = waiting.shift(); start !== undefined; start = waiting.shift()) await start();
  };
  for (let at = 0; at < questionsAtOnce; at += 1) void lane();
  return results;
}
