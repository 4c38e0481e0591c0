import { type Limits, measured } from '../judging/limits.ts';
import type { ShownCertificate } from '../ports.ts';
import type { Measure } from '../types.ts';

const dayMs = 86_400_000;

/** Days until a time, rounded down to a tenth; negative when it is over. */
export function daysUntil(ms: number, nowMs: number): number {
  return Math.floor(((ms - nowMs) / dayMs) * 10) / 10;
}

/**
 * Days that a certificate has left. An authority above it that ends before is a warning: a chain may hold one that is over and needed by nobody,
 * hence no more than that, and nothing when it is over already, which trust speaks of.
 */
export function judgeDays(
  shown: ShownCertificate,
  limits: Limits,
  nowMs: number,
): { state: 'pass' | 'warn' | 'fail'; message: string; measures: Measure[]; details: string[] } {
  const days = daysUntil(shown.validToMs, nowMs);
  const { measure, state } = measured({ name: 'days', value: days, unit: '' }, limits);
  const measures = [measure];
  const details = shown.above.map((one) => `${one.subject} is valid for ${daysUntil(one.validToMs, nowMs)} more days`);
  if (shown.validFromMs > nowMs) {
    const message = `${shown.subject} is not valid before ${new Date(shown.validFromMs).toISOString()}`;
    return { state: 'fail', message, measures, details };
  }
  if (days < 0) return { state: 'fail', message: `${shown.subject} expired ${-days} days ago`, measures, details };
  const message = `${shown.subject} is valid for ${days} more days`;
  const soon = shown.above.find(({ validToMs }) => {
    const left = daysUntil(validToMs, nowMs);
    return left >= 0 && left < days && measured({ name: '', value: left, unit: '' }, limits).state !== 'pass';
  });
  if (state === 'pass' && soon)
    return {
      state: 'warn',
      message: `${soon.subject} above it is valid for ${daysUntil(soon.validToMs, nowMs)} more days; ${message}`,
      measures,
      details,
    };
  return { state, message, measures, details };
}
