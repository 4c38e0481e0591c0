/** The changes of some files, as `diff` shows them. */
export function changeLines(
  changes: readonly { file: string; action: string; diff: readonly string[] }[],
  dryRun: boolean,
): string[] {
  return changes.flatMap(({ file, action, diff }) => {
    if (action === 'none') return [`${file}: nothing to change`];
    return [dryRun ? `${file} would be changed:` : `${file} is changed:`, ...diff];
  });
}
