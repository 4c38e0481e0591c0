/** Name of the runbook that `oaops host run` writes on the spot. */
export const hostRunName = 'host run';

/** And that of `oaops patch check`. */
export const patchCheckName = 'patch check';

/**
 * Whether a run was started by a command of its own instead of a runbook file. The name of a file's runbook holds no spaces
 * (`nameSchema`), so none can be taken for it. Such runs may overlap: each is another piece of work under the same name.
 */
export function isAdHoc(runbook: string): boolean {
  return runbook.includes(' ');
}
