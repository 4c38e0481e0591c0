import { ExitCode } from '../../core/exit-codes.ts';
import { oneLine } from '../../core/plain-text.ts';
import { count, formatSize } from '../../core/units.ts';
import type { UnreadLeg } from '../with-repository.ts';
import type { SpotResult } from './spot.ts';
import type { VerifyResult } from './verify.ts';

/** For people: what was really read, and what is wrong. */
export function verifyText(result: VerifyResult): string {
  const lines = [
    `${result.location}: ${result.problems.length === 0 ? 'no problem found' : count(result.problems.length, 'problem')} (level ${result.level}, ${(result.durationMs / 1000).toFixed(1)} s)`,
    `  in ${count(result.snapshots, 'snapshot')}: read ${result.packsRead} of ${count(result.packs, 'pack')} and ${result.blocksRead} of ${count(result.blocks, 'block')}, ${formatSize(result.bytesRead)}`,
  ];
  if (result.spot) lines.push(...spotLines(result.spot));
  else if (result.level !== 'structure') {
    lines.push(
      result.decrypted
        ? `  decrypted and compared ${count(result.contentsChecked, 'content')} with the manifests`
        : '  not decrypted: no identity was given, stored bytes were compared with their names',
    );
  }
  if (result.level === 'sample') lines.push(`  ${rotation(result)}`);
  for (const { object, problem, snapshots } of result.problems) {
    lines.push(
      `  ${oneLine(object)}: ${problem} (needed by ${snapshots.length === 1 ? snapshots[0] : `${snapshots.length} snapshots`})`,
    );
  }
  if (result.affectedFiles.length > 0)
    lines.push('  files affected:', ...result.affectedFiles.map((path) => `    ${oneLine(path)}`));
  for (const note of result.notes) lines.push(`  note: ${note}`);
  return lines.join('\n');
}

/** `nothing from a cache` holds for every level: no object is read from anywhere but the leg. */
function spotLines({
  snapshot,
  seed,
  share,
  files,
  chosen,
  same,
  changed,
  gone,
  unreadable,
  bytesCompared,
}: SpotResult) {
  return [
    `  chose ${chosen} of ${count(files, 'file')} of ${snapshot} (${percent(share)}, seed ${seed})`,
    `  ${same} the same as the live source (${formatSize(bytesCompared)} read there), ${changed} changed since, ${gone} gone, ${unreadable} unreadable`,
  ];
}

/** How far the rotation is: samples begin with what waited longest. */
function rotation({ packs, packsRead, oldestVerified }: VerifyResult): string {
  if (oldestVerified !== null) return `every pack was read since ${oldestVerified.slice(0, 16).replace('T', ' ')} UTC`;
  const runs = packsRead === 0 ? 1 : Math.ceil(packs / packsRead);
  return `not every pack was read yet: ${count(runs, 'such run')} read them all`;
}

/** `10 %`, `2.5 %`. */
function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

/** What verification says of all legs: 9 when one has a problem, else 3 when one could not be looked at. */
export interface LegsReport {
  level: string;
  problems: number;
  legs: VerifyResult[];
  unread: UnreadLeg[];
  exitCode: ExitCode;
  text: string;
}

export function legsReport(level: string, { done, unread }: { done: VerifyResult[]; unread: UnreadLeg[] }): LegsReport {
  const problems = done.reduce((sum, leg) => sum + leg.problems.length, 0);
  const worst = done.find((leg) => leg.exitCode !== ExitCode.success)?.exitCode;
  return {
    level,
    problems,
    legs: done,
    unread,
    exitCode: worst ?? (unread.length > 0 ? ExitCode.incomplete : ExitCode.success),
    text: [
      ...done.map(verifyText),
      ...unread.map(
        ({ location, error }) => `${location}: not verified: ${error.message}${error.next ? `\n  ${error.next}` : ''}`,
      ),
    ].join('\n'),
  };
}
