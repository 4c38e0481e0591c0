import { type Clock, systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/ids.ts';
import type { RecordOptions } from '../../src/record/open.ts';

export function recordOptions(place: { stateDir: string; url?: string }, clock: Clock = systemClock): RecordOptions {
  return {
    stateDir: place.stateDir,
    ...(place.url ? { url: place.url } : {}),
    clock,
    random: systemRandom,
    actor: 'tester',
    hostname: 'test-host',
  };
}

/** A clock that stands still: what is written with it is as old as the test wants it. */
export function clockAt(iso: string): Clock {
  return { ...systemClock, nowMs: () => Date.parse(iso) };
}
