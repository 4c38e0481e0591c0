export const dayMs = 86_400_000;

/** Days since 1970 of /etc/shadow as milliseconds; undefined: none is written. */
export function daysMs(days: string): number | undefined {
  return /^-?\d+$/.test(days) && Number(days) >= 0 ? Number(days) * dayMs : undefined;
}
