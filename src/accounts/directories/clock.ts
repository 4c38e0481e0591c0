import { tellAge } from '../findings/days.ts';

/** By so much the clock of a directory may differ: last uses are compared with weeks. */
const mostOffMs = 86_400_000;

/** How far the clock of a directory is off, for people; undefined: it goes right, or nobody knows. Its last uses say nothing then. */
export function clockOff(theirMs: number | undefined, ourMs: number): string | undefined {
  if (theirMs === undefined) return undefined;
  const offMs = theirMs - ourMs;
  if (Math.abs(offMs) <= mostOffMs) return undefined;
  const days = tellAge(Math.round(Math.abs(offMs) / mostOffMs) * mostOffMs);
  return offMs < 0 ? `its clock is ${days} behind this one` : `its clock is ${days} ahead of this one`;
}
