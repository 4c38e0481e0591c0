import type { App } from '../../app.ts';
import type { RunEnd } from '../../engine/run/outcome.ts';
import { type PreparedPlan, startRun } from '../run-command.ts';

/** Starts a run, and has its list signed at the terminal when it waits for that. */
export async function startSigned(
  app: App,
  prepared: PreparedPlan,
  show: Parameters<typeof startRun>[2],
): Promise<RunEnd> {
  return startRun(app, prepared, show);
}
