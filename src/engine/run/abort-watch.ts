import type { RunContext } from '../deps.ts';
import { controls } from '../journal/journal-state.ts';

const pollMs = 1000;

/**
 * Looks for `oaops runs abort` from another terminal while the run goes on; `known` inputs there were before it had the lock.
 * Gives the function that ends the watch.
 */
export function abortWatch(run: RunContext, known: number): () => void {
  const over = new AbortController();
  const watch = async () => {
    while (!over.signal.aborted) {
      await run.deps.clock.sleep(pollMs, over.signal);
      const inputs = await run.deps.record.runs.inputs(run.runId);
      const asked = controls(inputs.slice(known)).find((control) => control.action === 'abort');
      if (asked) {
        run.halt.stop({ kind: 'abort', message: `aborted: ${asked.reason}`, exitCode: 1 });
        return;
      }
    }
  };
  // A record that cannot be read stops the run by its next commit; the watch need not say so too.
  watch().catch(() => undefined);
  return () => over.abort();
}
