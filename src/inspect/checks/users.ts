import { z } from 'zod';
import { inFull, inShort } from '../judging/in-short.ts';
import { levelKey } from '../judging/level.ts';
import { toldOf, whole } from '../reading/answer-lines.ts';
import type { HostCheckType } from '../types.ts';

const namesSchema = z.array(z.string().min(1)).max(1000);
const withSchema = z.strictObject({
  uidZero: namesSchema.default(['root']).describe('Accounts that may have user id 0.'),
  passwords: z
    .boolean()
    .default(true)
    .describe(
      'Accounts that let in without a password, or with a hash that is easily broken (DES, MD5), fail. Needs root.',
    ),
  duplicates: z.boolean().default(true).describe('Two accounts with one id or one name fail.'),
  login: namesSchema.optional().describe('The only accounts that may have a login shell; absent = any.'),
  expected: namesSchema.default([]).describe('Accounts that must be there.'),
  forbidden: namesSchema.default([]).describe('Accounts that must not be there.'),
  except: namesSchema.default([]).describe('Accounts that are not looked at for passwords, duplicates and shells.'),
  level: levelKey('fail'),
});
type With = z.infer<typeof withSchema>;

interface Account {
  name: string;
  uid: number;
  shell: string;
  /** Of /etc/passwd: x, empty, or something of old times. */
  password: string;
}

/** Accounts of /etc/passwd and what kind of password each has; hashes do not leave the host. */
export const users: HostCheckType<With> = {
  name: 'users',
  place: 'host',
  title: { en: 'Accounts of the host', 'zh-CN': '主机账户' },
  withSchema,
  probe: `
kind() {
  case $1 in
    '') echo empty ;;
    '!'*|'*'*) echo locked ;;
    x) echo shadow ;;
    '$1$'*|'$md5'*) echo md5 ;;
    '$'*) echo hash ;;
    _?*) echo des ;;
    ?????????????) echo des ;;
    *) echo odd ;;
  esac
}
[ -r /etc/passwd ] || deny "/etc/passwd cannot be read"
while IFS=: read -r name password uid gid comment home shell || [ -n "$name" ]; do
  case $name in ''|'#'*) continue ;; esac
  case $password in x) word=shadow ;; *) word=$(kind "$password") ;; esac
  echo "account $name:$word:$uid:$shell"
done </etc/passwd
[ "$1" = 1 ] || exit 0
[ -e /etc/shadow ] || { echo "noshadow"; exit 0; }
[ -r /etc/shadow ] || deny "/etc/shadow cannot be read: it needs root"
while IFS=: read -r name password rest || [ -n "$name" ]; do
  case $password in
    '!'*|'*'*) word=locked ;;
    '') word=empty ;;
    '$1$'*) word=md5 ;;
    '$'*) word=hash ;;
    *) word=$(kind "$password") ;;
  esac
  echo "password $name:$word"
done </etc/shadow
echo "shadow end"`,
  words: ({ passwords }) => [passwords ? '1' : '0'],
  judge(args, { lines, truncated }) {
    const accounts = toldOf(lines, 'account').map(accountOf);
    if (accounts.length === 0 || accounts.includes(undefined) || truncated)
      return { state: 'error', message: 'the host did not tell its accounts' };
    const all = accounts as Account[];
    const shadow = new Map(toldOf(lines, 'password').map((line) => line.split(':') as [string, string]));
    if (args.passwords && !lines.includes('noshadow') && toldOf(lines, 'shadow')[0] !== 'end')
      return { state: 'error', message: 'the host did not tell of its passwords' };
    const looked = all.filter(({ name }) => !args.except.includes(name));
    const wrong = [
      ...all
        .filter(({ name, uid }) => uid === 0 && !args.uidZero.includes(name))
        .map(({ name }) => `${name} has user id 0, as root has`),
      ...(args.passwords ? looked.flatMap((account) => ofPassword(account, shadow)) : []),
      ...(args.duplicates ? doubled(looked) : []),
      ...(args.login === undefined
        ? []
        : looked
            .filter((account) => hasLoginShell(account) && !args.login!.includes(account.name))
            .map(({ name, shell }) => `${name} may log in, with ${shell === '' ? '/bin/sh' : shell}`)),
      ...args.expected
        .filter((name) => !all.some((account) => account.name === name))
        .map((name) => `there is no account ${name}`),
      ...args.forbidden
        .filter((name) => all.some((account) => account.name === name))
        .map((name) => `there is an account ${name}`),
    ];
    const logins = all.filter(hasLoginShell);
    if (wrong.length === 0)
      return {
        state: 'pass',
        message: `${all.length} accounts, ${logins.length} of them with a login shell`,
        measures: [
          { name: 'accounts', value: all.length, unit: '', min: 0 },
          { name: 'logins', value: logins.length, unit: '', min: 0 },
        ],
      };
    return {
      state: args.level,
      message: inShort(wrong),
      details: inFull(wrong),
      next: 'Ask whose they are; lock what nobody needs: usermod -L -e 1 NAME.',
    };
  },
};

function accountOf(line: string): Account | undefined {
  const [name = '', password = '', id, ...shell] = line.split(':');
  const uid = whole(id);
  // NIS entries (+, -) have no id of their own and are told as they are.
  if (/^[+-]/.test(name)) return { name, password: 'nis', uid: uid ?? -1, shell: shell.join(':') };
  return name === '' || uid === undefined ? undefined : { name, password, uid, shell: shell.join(':') };
}

function hasLoginShell({ shell, password }: Account): boolean {
  return password !== 'nis' && !/\/(nologin|false|true|sync|shutdown|halt|null|git-shell)$/.test(shell);
}

function ofPassword({ name, password }: Account, shadow: ReadonlyMap<string, string>): string[] {
  if (password === 'nis') return [`${name} in /etc/passwd takes in accounts of NIS`];
  const kind = password === 'shadow' ? shadow.get(name) : password;
  // Without a line in /etc/shadow nobody gets in.
  switch (kind) {
    case 'empty':
      return [`${name} has no password`];
    case 'md5':
    case 'des':
      return [`the password of ${name} is kept with ${kind === 'md5' ? 'MD5' : 'DES'}, which is easily broken`];
    default:
      return [];
  }
}

function doubled(accounts: readonly Account[]): string[] {
  const byId = Map.groupBy(
    accounts.filter(({ uid, password }) => password !== 'nis' && uid >= 0),
    ({ uid }) => uid,
  );
  const byName = Map.groupBy(accounts, ({ name }) => name);
  return [
    ...[...byName].filter(([, same]) => same.length > 1).map(([name]) => `the account ${name} is there twice`),
    ...[...byId]
      .map(([uid, same]) => [uid, [...new Set(same.map(({ name }) => name))]] as const)
      .filter(([, names]) => names.length > 1)
      .map(([uid, names]) => `user id ${uid} belongs to ${names.join(', ')}`),
  ];
}
