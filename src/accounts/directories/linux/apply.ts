import { asNotBegun, OaopsError } from '../../../core/errors.ts';
import { changeScript, type Step, wordsOf } from './change-script.ts';
import { type Asking, askScript, toldBy } from './shell.ts';

/** A step with what people read when it is done, and when it is not. */
export interface Planned {
  step: Step;
  done: string;
  /** Followed by why. */
  left: string;
}

export interface Applied {
  done: string[];
  left: string[];
  /** Of each step, whether it was done. */
  ok: boolean[];
}

/**
 * Does the steps in their order on the host; one that fails does not keep the others from being done.
 * @throws OaopsError when the host did not come to the end: nothing is known of what was done then; `account-host-refused` when it did not begin
 */
export async function applySteps(
  asking: Asking,
  who: { login: string; uid: number | undefined },
  plans: readonly Planned[],
  signal: AbortSignal,
): Promise<Applied> {
  if (plans.length === 0) return { done: [], left: [], ok: [] };
  const words = plans.flatMap(({ step }, index) => [String(index), ...wordsOf(step)]);
  const lines = await askScript(asking, changeScript, [who.login, who.uid?.toString() ?? '', ...words], signal).catch(
    (error: object) => {
      throw error instanceof OaopsError && error.code === 'account-host-refused' ? asNotBegun(error) : error;
    },
  );
  const did = new Set(toldBy(lines, 'did').map(Number));
  const faults = new Map(
    toldBy(lines, 'fault').map((line): [number, string] => {
      const at = line.indexOf(' ');
      return [Number(line.slice(0, at)), line.slice(at + 1).trim()];
    }),
  );
  return {
    done: plans.filter((_, index) => did.has(index)).map(({ done }) => done),
    left: plans.flatMap(({ left }, index) => (did.has(index) ? [] : [`${left}: ${faultText(faults.get(index))}`])),
    ok: plans.map((_, index) => did.has(index)),
  };
}

/** @throws OaopsError `account-change-failed` when a step was not done: each of them does its work or nothing */
export function assertApplied({ left }: Applied, name: string): void {
  if (left.length > 0) throw asNotBegun(notApplied(left, name));
}

export function notApplied(left: readonly string[], name: string): OaopsError {
  return new OaopsError('account-change-failed', `${name}: ${left.join('; ')}`, {
    next: 'Look at the account on the host; nothing of this step was done.',
  });
}

/** What a script says of a step that failed, for people. */
function faultText(said = ''): string {
  const at = said.indexOf(' ');
  const kind = at < 0 ? said : said.slice(0, at);
  const what = at < 0 ? '' : said.slice(at + 1).trim();
  switch (kind) {
    case 'no-file':
      return `${what} is no regular file`;
    case 'changed':
      return `${what} has changed just now`;
    case 'no-folder':
      return `${what} is no folder of root`;
    case 'taken':
      return `there is a new file in its place: ${what}`;
    case 'held-gone':
      return `the file that was held is gone: ${what}`;
    case 'lacks':
      return `the host has no ${what}`;
    case 'not-valid':
      return `the sudoers files are not valid before it: ${what} is not touched`;
    case 'visudo':
      return `visudo does not accept ${what} after it`;
    case 'alive':
      return `these processes do not end: ${what}`;
    case 'failed':
      return what;
    default:
      return 'the host said nothing of it';
  }
}
