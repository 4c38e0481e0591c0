import { usageError } from '../../core/errors.ts';

/** How much a verification reads: sizes only, a share of the packs, everything, or a share of the files beside their live originals. */
export const verifyLevels = ['structure', 'sample', 'full', 'spot'] as const;
export type VerifyLevel = (typeof verifyLevels)[number];

/** `10%`, `2.5` or `100 %` as a share from 0 to 1. @throws OaopsError `share-invalid` (exit 2) */
export function parseShare(text: string): number {
  const percent = /^\d{1,3}(\.\d{1,4})?\s*%?$/.test(text.trim()) ? Number.parseFloat(text) : Number.NaN;
  if (percent > 0 && percent <= 100) return percent / 100;
  throw usageError('share-invalid', `"${text}" is not a share`, {
    next: 'Write a percentage above 0 and at most 100, such as 10%.',
  });
}
