/** Number of insertions, deletions, replacements and neighbour swaps between two words (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)]);
  for (let j = 1; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = best;
    }
  }
  return rows[a.length]![b.length]!;
}

const longestWord = 100;
/** Fewer letters are the beginning of too many words. */
const shortestBeginning = 3;

/**
 * The known word most like `word`, for "did you mean"; undefined when none is close (a third of the letters may differ). A word that was not written to its end
 * is meant rather than one with other letters: `--cron` is `--crontab`, not `--json`.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: { word: string; distance: number } | undefined;
  // The work grows with the product of the lengths: a text that is no word is not compared.
  if (word.length > longestWord) return undefined;
  const small = word.toLowerCase();
  const isBeginning = small.replace(/^-+/, '').length >= shortestBeginning;
  for (const candidate of known) {
    const limit = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    const begun = isBeginning && candidate.toLowerCase().startsWith(small);
    if (!begun && Math.abs(word.length - candidate.length) > limit) continue;
    // Of several the shortest.
    const distance = begun ? (candidate.length - word.length) / 1000 : editDistance(small, candidate.toLowerCase());
    if ((begun || distance <= limit) && (best === undefined || distance < best.distance))
      best = { word: candidate, distance };
  }
  return best?.word;
}
