import type { VerifyResult } from './verify.ts';

/** Facts of this topic are verifications, by the place of the leg. */
export const verifyTopic = 'verify';

/** What is remembered of one verification of one leg. */
export interface VerifyFact {
  level: string;
  /** Contents were decrypted and compared, not only stored bytes. */
  decrypted: boolean;
  snapshots: number;
  packs: number;
  packsRead: number;
  bytesRead: number;
  contentsChecked: number;
  problems: number;
  /** Since when every pack was read at least once; null when one never was, and for levels that do not tell. */
  oldestVerified: string | null;
  exitCode: number;
  run?: string;
}

export function verifyFact(result: VerifyResult): VerifyFact {
  const { level, decrypted, snapshots, packs, packsRead, bytesRead, contentsChecked, problems } = result;
  const { oldestVerified, exitCode } = result;
  const counts = { snapshots, packs, packsRead, bytesRead, contentsChecked, problems: problems.length };
  return { level, decrypted, ...counts, oldestVerified, exitCode };
}
