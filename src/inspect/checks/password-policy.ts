import { z } from 'zod';
import { type PamLine, pamLine, settingsOf } from '../../core/pam-lines.ts';
import { formatDuration } from '../../core/units.ts';
import { durationSchema } from '../../runbook/schema/common.ts';
import { inFull, inShort } from '../judging/in-short.ts';
import { levelKey } from '../judging/level.ts';
import { toldOf, whole } from '../reading/answer-lines.ts';
import type { HostCheckType } from '../types.ts';

const countSchema = z.int().nonnegative().nullable();
const withSchema = z.strictObject({
  maxDays: countSchema
    .default(90)
    .describe(
      'Passwords are changed at least every so many days (PASS_MAX_DAYS); null: not looked at, as for each of these.',
    ),
  minDays: countSchema.default(null).describe('And not again within so many days (PASS_MIN_DAYS).'),
  warnDays: countSchema.default(null).describe('Told so many days before (PASS_WARN_AGE).'),
  minLength: countSchema.default(8).describe('Shortest password that is taken.'),
  classes: z
    .int()
    .min(0)
    .max(4)
    .nullable()
    .default(3)
    .describe('How many of lower case, upper case, digits and others it must have.'),
  lockAfter: countSchema.default(5).describe('After at most so many failed logins an account is locked.'),
  lockFor: durationSchema.nullable().default(600_000).describe('For at least so long.'),
  remember: countSchema.default(null).describe('So many old passwords are not taken again.'),
  accounts: z
    .boolean()
    .default(false)
    .describe(
      'maxDays is looked at in each account that has a password too; those made before keep theirs. Needs root.',
    ),
  except: z.array(z.string().min(1)).default([]).describe('Accounts that are not looked at.'),
  level: levelKey('fail'),
});
type With = z.infer<typeof withSchema>;

/** What the host demands of passwords: by login.defs, and by the modules of PAM that are really called. */
export const passwordPolicy: HostCheckType<With> = {
  name: 'password-policy',
  place: 'host',
  title: { en: 'Rules for passwords', 'zh-CN': '密码策略' },
  withSchema,
  probe: `
[ -r /etc/login.defs ] && while read -r key value rest; do
  case $key in PASS_MAX_DAYS|PASS_MIN_DAYS|PASS_WARN_AGE|PASS_MIN_LEN) echo "defs $key $value" ;; esac
done </etc/login.defs
set +f
for file in /etc/security/pwquality.conf.d/*.conf /etc/security/pwquality.conf; do
  [ -r "$file" ] && grep -v '^[[:space:]]*\\(#\\|$\\)' "$file" | head -n 100 | sed 's/^/quality /'
done
[ -r /etc/security/faillock.conf ] && grep -v '^[[:space:]]*\\(#\\|$\\)' /etc/security/faillock.conf | head -n 100 | sed 's/^/faillock /'
[ -r /etc/security/pwhistory.conf ] && grep -v '^[[:space:]]*\\(#\\|$\\)' /etc/security/pwhistory.conf | head -n 100 | sed 's/^/history /'
set -f
for name in common-password common-auth system-auth password-auth base-password base-auth; do
  file=/etc/pam.d/$name
  [ -e "$file" ] || continue
  [ -r "$file" ] || deny "$file cannot be read"
  echo "file $file"
  grep -E '^[^#]*pam_(pwquality|cracklib|passwdqc|faillock|tally2?|unix|pwhistory)' "$file" | head -n 50 | sed "s|^|pam $file |"
done
if [ "$1" = 1 ]; then
  [ -r /etc/shadow ] || deny "/etc/shadow cannot be read: it needs root"
  while IFS=: read -r name password changed least most rest; do
    case $password in ''|'!'*|'*'*) ;; *) echo "age $name $most" ;; esac
  done </etc/shadow
fi
echo end`,
  words: ({ accounts }) => [accounts ? '1' : '0'],
  judge(args, { lines, truncated }) {
    if (lines.at(-1) !== 'end' || truncated)
      return { state: 'error', message: 'the host did not tell its rules for passwords' };
    const defs = new Map(toldOf(lines, 'defs').map((line) => line.split(' ') as [string, string]));
    const pam = toldOf(lines, 'pam').flatMap((line) => {
      const at = line.indexOf(' ');
      return pamLine(line.slice(0, at), line.slice(at + 1)) ?? [];
    });
    const wrong = [...ages(args, defs), ...(args.accounts ? agesOfAccounts(args, toldOf(lines, 'age')) : [])];
    const unknown: string[] = [];
    const asksPam = [args.minLength, args.classes, args.lockAfter, args.lockFor, args.remember].some(
      (value) => value !== null,
    );
    if (asksPam && pam.length === 0) unknown.push('the host has no PAM that tells which passwords it takes');
    else {
      if (pam.some(({ module }) => module === 'pam_passwdqc')) unknown.push('rules of pam_passwdqc are not understood');
      else wrong.push(...strength(args, pam, settingsOf(toldOf(lines, 'quality'))));
      wrong.push(...locks(args, pam, settingsOf(toldOf(lines, 'faillock'))));
      wrong.push(...history(args, pam, settingsOf(toldOf(lines, 'history'))));
    }
    if (wrong.length + unknown.length === 0) return { state: 'pass', message: 'rules for passwords as they should be' };
    return {
      state: wrong.length > 0 ? args.level : 'error',
      message: inShort([...wrong, ...unknown]),
      details: inFull([...wrong, ...unknown]),
      next: 'Set it in /etc/login.defs, /etc/security/pwquality.conf and /etc/security/faillock.conf, and have PAM call the modules: pam-auth-update or authselect.',
    };
  },
};

function ages({ maxDays, minDays, warnDays }: With, defs: ReadonlyMap<string, string>): string[] {
  const day = (key: string) => whole(defs.get(key));
  const most = day('PASS_MAX_DAYS');
  const least = day('PASS_MIN_DAYS') ?? 0;
  const warned = day('PASS_WARN_AGE') ?? 0;
  return [
    ...(maxDays === null || (most !== undefined && most <= maxDays)
      ? []
      : [
          most === undefined
            ? 'passwords never expire: PASS_MAX_DAYS is not set'
            : `PASS_MAX_DAYS is ${most}, above ${maxDays}`,
        ]),
    ...(minDays === null || least >= minDays ? [] : [`PASS_MIN_DAYS is ${least}, below ${minDays}`]),
    ...(warnDays === null || warned >= warnDays ? [] : [`PASS_WARN_AGE is ${warned}, below ${warnDays}`]),
  ];
}

function agesOfAccounts({ maxDays, except }: With, accounts: readonly string[]): string[] {
  if (maxDays === null) return [];
  return accounts.flatMap((line) => {
    const [name = '', most] = line.split(' ');
    const days = whole(most);
    if (except.includes(name) || (days !== undefined && days <= maxDays)) return [];
    return [
      days === undefined || days >= 99_999
        ? `the password of ${name} never expires`
        : `the password of ${name} expires after ${days} days, more than ${maxDays}`,
    ];
  });
}

function strength(
  { minLength, classes }: With,
  pam: readonly PamLine[],
  quality: ReadonlyMap<string, string>,
): string[] {
  if (minLength === null && classes === null) return [];
  const module = pam.find((line) => line.type === 'password' && /^pam_(pwquality|cracklib)$/.test(line.module));
  if (!module) {
    const unix = pam.find((line) => line.type === 'password' && line.module === 'pam_unix');
    const length = whole(unix?.args.get('minlen'));
    return length !== undefined && classes === null && minLength !== null && length >= minLength
      ? []
      : ['no module of PAM looks at how good a password is: pam_pwquality is not called'];
  }
  const conf = module.module === 'pam_pwquality' ? quality : new Map<string, string>();
  const value = (key: string) => {
    const text = module.args.get(key) ?? conf.get(key);
    return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
  };
  const credits = ['dcredit', 'ucredit', 'lcredit', 'ocredit'].map((key) => value(key) ?? 0);
  const given = credits.filter((credit) => credit > 0).reduce((sum, credit) => sum + credit, 0);
  const length = (value('minlen') ?? (module.module === 'pam_pwquality' ? 8 : 9)) - given;
  const kinds = Math.max(value('minclass') ?? 0, credits.filter((credit) => credit < 0).length);
  return [
    ...(minLength === null || length >= minLength
      ? []
      : [`passwords may have ${length} characters, below ${minLength}`]),
    ...(classes === null || kinds >= classes
      ? []
      : [`passwords need only ${kinds} of the four kinds of characters, below ${classes}`]),
  ];
}

function locks({ lockAfter, lockFor }: With, pam: readonly PamLine[], conf: ReadonlyMap<string, string>): string[] {
  if (lockAfter === null && lockFor === null) return [];
  // RHEL-like hosts have one file for consoles and one for ssh.
  const files = [
    ...new Set(pam.filter(({ type, module }) => type === 'auth' && module === 'pam_unix').map(({ file }) => file)),
  ];
  if (files.length === 0) return ['no module of PAM locks accounts after failed logins'];
  return files.flatMap((file) => {
    const module = pam.find(
      (line) => line.file === file && line.type === 'auth' && /^pam_(faillock|tally2?)$/.test(line.module),
    );
    // Without it, failed logins are looked at and never written down.
    const counts = pam.some(
      (line) => line.file === file && line.module === 'pam_faillock' && line.args.has('authfail'),
    );
    if (!module || (module.module === 'pam_faillock' && !counts))
      return [`nothing in ${file} locks accounts after failed logins`];
    const isFaillock = module.module === 'pam_faillock';
    const value = (key: string) => whole(module.args.get(key) ?? (isFaillock ? conf.get(key) : undefined));
    const deny = value('deny') ?? (isFaillock ? 3 : 0);
    const never =
      module.args.get('unlock_time') === 'never' ||
      (isFaillock && !module.args.has('unlock_time') && conf.get('unlock_time') === 'never');
    const forS = never ? 0 : (value('unlock_time') ?? (isFaillock ? 600 : 0));
    return [
      ...(lockAfter === null || (deny > 0 && deny <= lockAfter)
        ? []
        : [
            deny === 0
              ? `${module.module} in ${file} never locks`
              : `${file} locks after ${deny} failed logins, above ${lockAfter}`,
          ]),
      // 0: until an administrator unlocks it.
      ...(lockFor === null || forS === 0 || forS * 1000 >= lockFor
        ? []
        : [`${file} locks for ${formatDuration(forS * 1000)}, below ${formatDuration(lockFor)}`]),
    ];
  });
}

function history({ remember }: With, pam: readonly PamLine[], conf: ReadonlyMap<string, string>): string[] {
  if (remember === null) return [];
  const values = pam
    .filter(({ type, module }) => type === 'password' && /^pam_(pwhistory|unix)$/.test(module))
    .map(
      (line) =>
        whole(line.args.get('remember')) ?? (line.module === 'pam_pwhistory' ? (whole(conf.get('remember')) ?? 10) : 0),
    );
  const most = Math.max(0, ...values);
  return most >= remember ? [] : [`the last ${most} passwords are not taken again, below ${remember}`];
}
