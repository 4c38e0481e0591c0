import { readFileSync, statSync } from 'node:fs';
import { messageOf } from '../../core/errors.ts';
import type { DrillPlace, DrillRequest } from './drill.ts';
import type { CanarySpec } from './drill-spec.ts';
import { inside } from './inside.ts';
import type { Databases, SmokeResult } from './smoke-checks.ts';

/** Facts of this topic are planted values, by name. */
export const canaryTopic = 'canary';

/** A file with a canary is small: it holds the value and little else. */
const maxFileBytes = 16 * 1024 * 1024;

/**
 * Asserts that the value planted last before the snapshot came back: not one from before, which would mean that the backup has stood
 * still although it looks new.
 */
export async function checkCanary(
  canary: CanarySpec,
  at: { root: string; databases: Databases },
  snapshotStarted: string,
  { sabotage }: DrillRequest,
  place: DrillPlace,
): Promise<SmokeResult> {
  const startedMs = place.clock.monotonicMs();
  let outcome: { passed: boolean; message: string };
  try {
    const planted = canary.value ?? (await place.planted?.(canary.name, snapshotStarted));
    const wanted = sabotage === 'lost-canary' && planted !== undefined ? `${planted}-not-planted` : planted;
    outcome =
      wanted === undefined
        ? { passed: false, message: 'no value was planted before this snapshot, as this record knows' }
        : await found(canary, at, wanted);
  } catch (error) {
    outcome = { passed: false, message: messageOf(error) };
  }
  const durationMs = Math.round(place.clock.monotonicMs() - startedMs);
  return { check: `canary ${canary.name}`, ...outcome, durationMs };
}

async function found(
  { file, load, query }: CanarySpec,
  at: { root: string; databases: Databases },
  wanted: string,
): Promise<{ passed: boolean; message: string }> {
  if (file !== undefined) {
    const path = inside(at.root, file);
    const { size } = statSync(path);
    if (size > maxFileBytes) return { passed: false, message: `${file} is too large for a canary` };
    const passed = readFileSync(path).includes(wanted);
    return { passed, message: passed ? 'the value planted last came back' : 'the value planted last is not there' };
  }
  const value = await at.databases.first(load!, query!);
  const passed = value === wanted;
  return {
    passed,
    message: passed ? 'the value planted last came back' : `${query} gave ${value ?? 'nothing'} instead`,
  };
}
