import { chmodSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../app.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import { metricsText } from '../core/prometheus.ts';
import { runMetrics } from './run-metrics.ts';

/**
 * Writes `oaops-RUNBOOK.prom` for the textfile collector of node_exporter when the configuration names its folder: a
 * temporary name, then a rename, so that half a file is never read; readable by everybody, since node_exporter is somebody
 * else. @throws OaopsError `metrics-unwritable`
 */
export async function writeRunMetrics(app: App, runbook: string): Promise<void> {
  const dir = (await app.config()).settings.metrics?.textfileDir;
  if (dir === undefined) return;
  const text = metricsText(await runMetrics(await app.record(), runbook, app.clock.nowMs()));
  const file = join(dir, `oaops-${runbook}.prom`);
  // Not *.prom: the collector would read it.
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    if (!statSync(dir).isDirectory()) throw new Error('it is no folder');
    writeFileSync(temporary, text);
    // Whatever the umask of cron says.
    chmodSync(temporary, 0o644);
    renameSync(temporary, file);
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // It was never there.
    }
    throw new OaopsError('metrics-unwritable', `no metrics could be written to ${dir}: ${messageOf(error)}`, {
      next: 'Make the folder of metrics.textfileDir, and let this user write to it.',
      cause: error,
    });
  }
}
