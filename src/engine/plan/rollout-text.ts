import { formatDuration } from '../../core/units.ts';
import type { GateSpec, Tolerance } from '../../runbook/types.ts';

/** What a gate takes, for plans. */
export function gateText({
  samples,
  intervalMs,
  delayMs,
  failureLimit,
  errorLimit,
  inconclusiveLimit,
}: GateSpec): string {
  const every = samples > 1 ? ` every ${formatDuration(intervalMs)}` : '';
  const after = delayMs > 0 ? `, the first after ${formatDuration(delayMs)}` : '';
  return `gate: samples ${samples}${every}${after}; at most ${failureLimit} may fail, ${errorLimit} be unmeasured, ${inconclusiveLimit} give no answer`;
}

/** The resolved numbers of a budget, for plans. */
export function toleranceText({ perBatch, total, consecutive, unreachable }: Tolerance): string {
  const inARow = consecutive === undefined ? '' : `, ${consecutive} one after the other`;
  const away = unreachable === 'tolerated' ? '; who cannot be reached is no failure' : '';
  return `failures allowed: ${perBatch} in this batch, ${total} in all${inARow}${away}`;
}
