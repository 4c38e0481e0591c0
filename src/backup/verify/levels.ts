/** How much a verification reads: sizes only, a share of the packs, everything. */
export const verifyLevels = ['structure', 'sample', 'full'] as const;
export type VerifyLevel = (typeof verifyLevels)[number];
