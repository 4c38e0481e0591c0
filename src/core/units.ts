import { usageError } from './errors.ts';

const durationUnits: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const sizeUnits: Record<string, number> = {
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/**
 * `30s`, `20m`, `72h`, `30d`, `1h30m` to milliseconds: the only duration parser.
 * A bare number is refused, because nobody can tell seconds from minutes.
 * @throws OaopsError `duration-invalid` (exit 2)
 */
export function parseDuration(text: string): number {
  const value = tryParseDuration(text);
  if (value === undefined) {
    throw usageError('duration-invalid', `"${text}" is not a duration`, {
      next: 'Write a number and a unit, such as 30s, 20m, 72h, 30d or 1h30m.',
    });
  }
  return value;
}

/** As `parseDuration`, with undefined instead of an error. */
export function tryParseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^(\d+(?:\.\d+)?(ms|[smhdw]))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g))
    total += Number(amount) * durationUnits[unit!]!;
  return Number.isSafeInteger(Math.round(total)) ? Math.round(total) : undefined;
}

/**
 * `512B`, `64MiB`, `1.5GB` to bytes: the only size parser. Binary (KiB) and decimal (kB) units; a bare number is bytes.
 * @throws OaopsError `size-invalid` (exit 2)
 */
export function parseSize(text: string): number {
  const value = tryParseSize(text);
  if (value === undefined) {
    throw usageError('size-invalid', `"${text}" is not a size`, {
      next: 'Write a number and a unit, such as 512B, 64MiB or 1.5GB.',
    });
  }
  return value;
}

/** As `parseSize`, with undefined instead of an error. */
export function tryParseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$/.exec(text.trim());
  if (!match) return undefined;
  const unit = match[2] === 'KB' ? 'kB' : (match[2] ?? 'B');
  const bytes = Math.round(Number(match[1]) * sizeUnits[unit]!);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Bytes for people: `1.4 GiB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB', 'TiB']) {
    if (Math.abs(value) < 1024 || unit === 'TiB') return unit === 'B' ? `${value} B` : `${value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return `${bytes} B`;
}

/** Milliseconds for people: `340 ms`, `4.2 s`, `3 min 05 s`, `2 h 03 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const pad = (n: number) => String(n).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `1 file`, `2 files`: a number with its noun. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
