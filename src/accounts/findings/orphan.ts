import { tellWays } from '../matching/match.ts';
import type { Found, Judged, Rule } from './types.ts';

/** An account of nobody whom the company knows. Only sources that hold everybody can say so. */
export const orphan: Rule = {
  type: 'orphan',
  needsPeople: true,
  start(view) {
    const { index, complete } = view;
    if (!index || !complete) return undefined;
    const sources = index.sources.join(', ');
    // One text for each combination of ways: `compared` is shared.
    const shared = new Map<readonly string[], Found>();
    return (one) => {
      if (one.use !== 'person' || one.match.kind !== 'nobody' || isTooNew(one, view)) return undefined;
      const { compared } = one.match;
      let found = shared.get(compared);
      if (!found) {
        found = { evidence: `nobody in ${sources} fits its ${tellWays(compared)}` };
        shared.set(compared, found);
      }
      return found;
    };
  },
};

/** Made after the list of people was: its person may have come since. */
export function isTooNew(
  { account }: Judged,
  { asOf, days }: { asOf?: string; days: { endOf(date: string): number } },
): boolean {
  return asOf !== undefined && account.createdAt !== undefined && account.createdAt >= days.endOf(asOf);
}
