import { randomBytes } from 'node:crypto';

/** Randomness is passed in, so that tests can print and repeat it. */
export type RandomSource = (byteCount: number) => Uint8Array;

export const systemRandom: RandomSource = (byteCount) => randomBytes(byteCount);

/** `20261122T180512Z`: sorts by time, safe in file names and object keys. */
export function compactTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
}

/** `20261122T180512Z-9f3a1c2b`: id of a run or a snapshot; sorts by time, 32 bits tell two of the same second apart. */
export function newId(ms: number, random: RandomSource = systemRandom): string {
  return `${compactTime(ms)}-${Buffer.from(random(4)).toString('hex')}`;
}

export const idPattern = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;
