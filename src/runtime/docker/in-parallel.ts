/** How many requests an engine gets at once: enough to keep it busy, few enough to be answered in time. */
const AT_ONCE = 8;

/**
 * Does something with each of these, some at once. After a failure nothing more is begun; what has been is waited for.
 * @throws the first failure
 */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...items];
  const failures: unknown[] = [];
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, items.length) }, async () => {
      for (let item = waiting.shift(); item !== undefined && failures.length === 0; item = waiting.shift())
        try {
          await work(item);
        } catch (error) {
          failures.push(error);
        }
    }),
  );
  if (failures.length > 0) throw failures[0];
}
