import { count, formatDuration } from '../../core/units.ts';
import { toText } from '../format/byte-string.ts';
import type { ManifestRoot } from '../format/manifest-root.ts';
import type { DrillRequest, DrillResult, Verdict } from './drill.ts';

/** A drill that was sabotaged and saw nothing has shown that it can't fail. */
export function judge(request: DrillRequest, result: DrillResult, incomplete: number, made: ManifestRoot): Verdict {
  if (result.reasons.length > 0) return 'fail';
  if (request.sabotage !== 'none') {
    result.reasons.push(`the drill did not notice the sabotage ${request.sabotage}`);
    return 'fail';
  }
  if (made.status === 'incomplete') {
    const [first] = made.problems;
    const example = first ? `, such as ${first.class} ${toText(first.path)}` : '';
    result.reasons.push(`the backup itself was incomplete${example}`);
  }
  if (incomplete > 0) result.reasons.push(`not restored as it was: ${count(incomplete, 'thing')}`);
  if (result.rtoMs !== null && result.rtoMs > request.rtoMs) {
    result.reasons.push(
      `recovery took ${formatDuration(result.rtoMs)}, the objective is ${formatDuration(request.rtoMs)}`,
    );
  }
  if (result.rpoMs !== null && result.rpoMs > request.rpoMs) {
    result.reasons.push(
      `the data is ${formatDuration(result.rpoMs)} old, the objective is ${formatDuration(request.rpoMs)}`,
    );
  }
  return result.reasons.length > 0 ? 'partial' : 'pass';
}
