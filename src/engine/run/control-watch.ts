import type { RunContext } from '../deps.ts';
import { controls } from '../journal/journal-state.ts';

const pollMs = 1000;

/**
 * Looks for `oaops runs abort` and `oaops patch pause` from another terminal while the run goes on; `known` inputs there were before it had
 * the lock. Gives the function that ends the watch.
 */
export function controlWatch(run: RunContext, known: number): () => void {
  const over = new AbortController();
  const watch = async () => {
    while (!over.signal.aborted) {
      await run.deps.clock.sleep(pollMs, over.signal);
      const inputs = (await run.deps.record.runs.inputs(run.runId)).slice(known);
      const abort = controls(inputs).find((control) => control.action === 'abort');
      if (abort) {
        run.halt.stop({ kind: 'abort', message: `aborted: ${abort.reason}`, exitCode: 1 });
        return;
      }
      const pause = controls(inputs).find((control) => control.action === 'pause');
      if (pause) {
        const { by } = inputs.find(({ body }) => body === pause)!;
        run.halt.stop({ kind: 'pause', message: `paused by ${by}: ${pause.reason}`, exitCode: 6 });
        // What is under way may take long: an abort is still listened for.
      }
    }
  };
  // A record that cannot be read stops the run by its next commit; the watch need not say so too.
  watch().catch(() => undefined);
  return () => over.abort();
}
