import { damaged } from './damaged.ts';

/** `1700000000.123456789`: exactly 9 decimals; `touch -d @...` reads it. */
export function formatTimeNs(ns: bigint): string {
  const negative = ns < 0n;
  const digits = (negative ? -ns : ns).toString().padStart(10, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

export function parseTimeNs(field: string | undefined): bigint {
  if (field === undefined || !/^-?\d{1,12}\.\d{9}$/.test(field))
    throw damaged('a time is not a number with 9 decimals');
  return BigInt(field.replace('.', ''));
}
