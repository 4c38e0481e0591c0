import { usageError } from '../../core/errors.ts';
import { comparable } from '../matching/comparable.ts';
import type { Finding } from '../model.ts';
import { accountId } from '../record/account-id.ts';

/** Accounts that were found by name and department only, and about which nobody has said yet whose they are; one finding each. */
export function matchesToConfirm(
  findings: readonly Finding[],
  answers: ReadonlyMap<string, { person: string; is: boolean }>,
): Finding[] {
  const open = new Map<string, Finding>();
  for (const finding of findings) {
    const { directory, key, person, type, unconfirmed } = finding;
    // Of a duplicate it is not the person that is in doubt.
    if (!unconfirmed || person === undefined || type === 'duplicate') continue;
    const id = accountId(directory, key);
    if (answers.get(id)?.person !== person && !open.has(id)) open.set(id, finding);
  }
  return [...open.values()];
}

/**
 * The account that somebody means, among those that a run has found something about: by login, by its name in the directory, or by `DIRECTORY:LOGIN`.
 * @throws OaopsError `account-unknown`, `account-ambiguous`, `person-missing` (exit 2)
 */
export function confirmedAccount(
  findings: readonly Finding[],
  name: string,
  person: string | undefined,
): { account: string; login: string; directory: string; person: string } {
  const key = comparable(name, true);
  const fitting = findings.filter(({ directory, login, account }) =>
    [login, account, `${directory}:${login}`].some((one) => comparable(one, true) === key),
  );
  const accounts = Map.groupBy(fitting, (one) => accountId(one.directory, one.key));
  const [first, ...others] = accounts;
  if (!first)
    throw usageError('account-unknown', `the run has found nothing about an account "${name}"`, {
      next: 'Name an account that "oaops account show" tells of.',
    });
  if (others.length > 0)
    throw usageError('account-ambiguous', `"${name}" is the name of ${accounts.size} accounts`, {
      next: `Write one of: ${[...accounts.values()].map(([one]) => `${one!.directory}:${one!.login}`).join(', ')}.`,
    });
  const [account, own] = first;
  const { login, directory } = own[0]!;
  const owner = person ?? own.find((one) => one.person !== undefined)?.person;
  if (owner === undefined)
    throw usageError('person-missing', `nobody was found for the account "${name}"`, {
      next: 'Give the employee number with --person.',
    });
  return { account, login, directory, person: owner };
}
