import type { ReadDirectory } from '../audit/read-all.ts';
import { usesOf } from '../findings/use.ts';
import type { KnownPerson } from '../matching/people.ts';
import type { Account } from '../model.ts';

/** Letters of any script, digits, and a few signs; what a shell, a DN or a mail address would read as something else is none. */
const loginShape = /^[\p{L}\p{N}_][\p{L}\p{N}_.@-]{0,63}$/u;

/**
 * The login that somebody gets: as the roster says, else as the other accounts of the same person, else the mail address up to the @, else the
 * employee number.
 */
export function wantedLogin(person: Pick<KnownPerson, 'id' | 'login' | 'mail'>, elsewhere: string | undefined): string {
  const local = person.mail?.split('@')[0]?.toLowerCase();
  return person.login ?? elsewhere ?? (local === undefined || local === '' ? person.id : local);
}

/** Why a login is none for a person; undefined: it may be one. */
export function loginProblem(
  login: string,
  directories: readonly ReadDirectory[],
  defaultAccounts: readonly string[],
): string | undefined {
  if (!loginShape.test(login)) return 'letters, digits, and . _ - @ behind the first make a login, at most 64';
  const account = { login, name: login, use: 'person' } as Account;
  for (const { spec } of directories) {
    const use = usesOf(spec, defaultAccounts)(account);
    if (use !== 'person') return `logins like it are no person's in ${spec.id}`;
  }
  return undefined;
}
