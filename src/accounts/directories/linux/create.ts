import { asNotBegun, OaopsError, usageError } from '../../../core/errors.ts';
import type { NewAccount } from '../../directory.ts';
import type { LinuxSpec } from './accounts.ts';
import { nameInComment } from './change.ts';
import { dayMs } from './days.ts';
import { type Asking, askScript, toldBy } from './shell.ts';

/**
 * Makes an account with a home, and a password that must be changed at the first login. Standard input: a line for chpasswd. Words: login, comment,
 * day of the end or nothing, shell or nothing. What was made is taken away again when the password cannot be set.
 */
const createScript = `
login=$1 comment=$2 expires=$3 shell=$4
[ "$(id -u)" = 0 ] || stop needs-root
for tool in useradd chpasswd chage userdel; do has "$tool" || stop "lacks $tool"; done
fault() { printf 'fault %s\\n' "$(printf '%s' "$1" | tr '\\n' ' ' | cut -c 1-300)"; }
make() {
  set -- -m -c "$comment"
  [ -z "$expires" ] || set -- "$@" -e "$expires"
  [ -z "$shell" ] || set -- "$@" -s "$shell"
  said=$(useradd "$@" -- "$login" 2>&1 </dev/null)
  case $? in
    0) ;;
    9) echo 'exists 1'; return ;;
    *) fault "useradd: $said"; nothing; return ;;
  esac
  if said=$(chpasswd 2>&1) && said=$(chage -d 0 -- "$login" 2>&1 </dev/null); then echo 'made 1'
  else
    fault "chpasswd: $said"
    userdel -- "$login" </dev/null >/dev/null 2>&1
    nothing
  fi
}
nothing() { id -u -- "$login" >/dev/null 2>&1 || echo 'nothing 1'; }
known=
while IFS=: read -r name rest || [ -n "$name" ]; do [ "$name" != "$login" ] || known=1; done </etc/passwd
if [ -n "$known" ] || id -u -- "$login" >/dev/null 2>&1; then echo 'exists 1'; else make; fi`;

/**
 * Makes the account on the host.
 * @throws OaopsError `account-exists` (exit 4), `account-attribute-invalid` (exit 2), `account-change-failed`
 */
export async function createAccount(
  asking: Asking,
  spec: LinuxSpec,
  { login, attributes, password, expiresAt }: NewAccount,
  signal: AbortSignal,
): Promise<void> {
  const host = asking.host.target.name;
  if (login === '' || /[:,/\s\0]/.test(login) || login.startsWith('-'))
    throw asNotBegun(
      usageError('account-attribute-invalid', `"${login}" is no login of a Linux host`, {
        next: 'Use small letters, digits, - and _.',
      }),
    );
  if (/[\r\n\0]/.test(password))
    throw asNotBegun(
      usageError('account-attribute-invalid', 'the password has a line end', { next: 'Give another one.' }),
    );
  const employee = spec.employee === 'gecos' ? (attributes['employee'] ?? '') : '';
  // Unlike a name it says whose the account is.
  if (/[:,\s\0]/.test(employee))
    throw asNotBegun(
      usageError('account-attribute-invalid', `"${employee}" cannot stand in /etc/passwd`, {
        next: 'Take "employee: none" for the directory, or employee numbers without colons, commas and blanks.',
      }),
    );
  const comment = [nameInComment(attributes['personName'] ?? ''), employee].join(',').replace(/,+$/, '');
  const end = expiresAt === undefined ? '' : new Date(Math.ceil(expiresAt / dayMs) * dayMs).toISOString().slice(0, 10);
  const words = [login, comment, end, attributes['shell'] ?? ''];
  const lines = await askScript(asking, createScript, words, signal, `${login}:${password}\n`);
  if (lines.includes('exists 1'))
    throw new OaopsError('account-exists', `there is a login ${login} on ${host} already`, {
      exitCode: 4,
      next: 'Look whose it is with "oaops account show", or choose another login.',
    });
  if (lines.includes('made 1')) return;
  const error = new OaopsError(
    'account-change-failed',
    `${host}:${login}: ${toldBy(lines, 'fault')[0] ?? 'it was not made'}`,
    { next: 'Correct it on the host, or choose another login.' },
  );
  throw lines.includes('nothing 1') ? asNotBegun(error) : error;
}
