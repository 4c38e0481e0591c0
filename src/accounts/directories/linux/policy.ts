import { isBinding, type PamLine, pamLine, settingsOf } from '../../../core/pam-lines.ts';
import type { PolicyRow } from '../../model.ts';
import type { LinuxSpec } from './accounts.ts';
import { toldBy } from './shell.ts';

type Row = Omit<PolicyRow, 'directory' | 'scope'>;

const endlessDays = 99_999;
const secondFactorModules = /^pam_(google_authenticator|u2f|oath|yubico|duo|radius)$/;

/** What is enforced on a host (AC-06), from what `policyScript` told. Pure. */
export function policyRows(lines: readonly string[], host: string, spec: LinuxSpec): PolicyRow[] {
  const pam = toldBy(lines, 'pam').flatMap((line) => {
    const at = line.indexOf(' ');
    return pamLine(line.slice(0, at), line.slice(at + 1)) ?? [];
  });
  // Nothing at all is no rule of any kind: they lie somewhere else, or the host has no PAM.
  const unseen: Row[] = [{ rule: 'unknown', value: null, from: `${host}: no rules of PAM are found` }];
  const ofPam =
    pam.length === 0
      ? unseen
      : [
          ...strength(pam, settingsOf(toldBy(lines, 'quality'))),
          ...history(pam, settingsOf(toldBy(lines, 'history'))),
          ...lockouts(pam, settingsOf(toldBy(lines, 'faillock'))),
          ...secondFactor(pam, lines),
        ];
  return [...ages(lines, spec), ...ofPam].map((row) => ({ directory: spec.id, scope: host, ...row }));
}

/** New accounts get the days of login.defs; older ones keep theirs, and are exceptions where these differ. */
function ages(lines: readonly string[], spec: LinuxSpec): Row[] {
  const defs = new Map(toldBy(lines, 'defs').map((line) => line.split(' ') as [string, string]));
  const uids = new Map(
    toldBy(lines, 'uid').map((line) => [line.slice(line.indexOf(' ') + 1), Number(line.split(' ')[0])]),
  );
  const accounts = toldBy(lines, 'age')
    .map((line) => line.split(':'))
    .filter(([login = '']) => {
      const uid = uids.get(login);
      return uid === 0 || (uid !== undefined && uid >= spec.minUid && uid <= spec.maxUid);
    });
  const row = (rule: string, key: string, field: number | undefined): Row => {
    const value = days(defs.get(key));
    const exceptions =
      field === undefined
        ? []
        : accounts
            .filter((account) => days(account[field]) !== value)
            .map((account) => `${account[0]}: ${told(days(account[field]))}`);
    return {
      rule,
      value,
      unit: 'days',
      from: `/etc/login.defs ${key}`,
      ...(exceptions.length > 0 && { exceptions }),
    };
  };
  return [
    row('max-age', 'PASS_MAX_DAYS', 2),
    row('min-age', 'PASS_MIN_DAYS', 1),
    row('warn-age', 'PASS_WARN_AGE', undefined),
  ];
}

function days(text: string | undefined): number | null {
  const value = whole(text);
  // shadow(5), login.defs(5): a negative one is none.
  return value === undefined || value < 0 || value >= endlessDays ? null : value;
}

function told(value: number | null): string {
  return value === null ? 'no limit' : `${value} days`;
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

const checkers = /^pam_(pwquality|cracklib|passwdqc)$/;

/** Files that take new passwords: one for all on Debian; RHEL-like hosts have one for consoles and one for ssh. */
function ofPasswords(pam: readonly PamLine[]): { file: string; lines: PamLine[] }[] {
  const lines = pam.filter(
    ({ type, module }) => type === 'password' && (module === 'pam_unix' || checkers.test(module)),
  );
  const files = [...new Set(lines.map(({ file }) => file))];
  return files.map((file) => ({
    file,
    lines: pam.filter((line) => line.file === file && line.type === 'password'),
  }));
}

function strength(pam: readonly PamLine[], quality: ReadonlyMap<string, string>): Row[] {
  const files = ofPasswords(pam);
  return files.length === 0
    ? unchecked(undefined, 'PAM')
    : files.flatMap(({ file, lines }) => strengthOf(file, lines, quality));
}

/** Nothing looks at a new password but pam_unix itself. */
function unchecked(unix: PamLine | undefined, from: string): Row[] {
  return [
    { rule: 'quality-check', value: false, from },
    { rule: 'min-length', value: unix ? (whole(unix.args.get('minlen')) ?? null) : null, unit: 'characters', from },
    { rule: 'classes', value: null, unit: 'classes', from },
  ];
}

function strengthOf(file: string, lines: readonly PamLine[], quality: ReadonlyMap<string, string>): Row[] {
  const module = lines.find((line) => checkers.test(line.module));
  const unix = lines.find((line) => line.module === 'pam_unix');
  if (!module) return unchecked(unix, unix ? `${file} ${unix.module}` : file);
  const isQuality = module.module === 'pam_pwquality';
  const text = (key: string) => module.args.get(key) ?? (isQuality ? quality.get(key) : undefined);
  if (!isBinding(module) || whole(text('enforcing')) === 0)
    return unchecked(unix, `${file} ${module.module} only warns`);
  const from = `${file} ${module.module}`;
  if (module.module === 'pam_passwdqc') return [{ rule: 'quality-check', value: module.module, from }];
  const value = (key: string) => whole(text(key));
  const credits = ['dcredit', 'ucredit', 'lcredit', 'ocredit'].map((key) => value(key) ?? 0);
  const given = credits.filter((credit) => credit > 0).reduce((sum, credit) => sum + credit, 0);
  const classes = Math.max(value('minclass') ?? 0, credits.filter((credit) => credit < 0).length);
  const asksRoot = module.args.has('enforce_for_root') || (isQuality && quality.has('enforce_for_root'));
  return [
    { rule: 'quality-check', value: module.module, from, ...(!asksRoot && { exceptions: ['root: only warned'] }) },
    // 6 is the least that pam_pwquality takes, whatever is written.
    {
      rule: 'min-length',
      value: Math.max(6, (value('minlen') ?? (isQuality ? 8 : 9)) - given),
      unit: 'characters',
      from,
    },
    { rule: 'classes', value: classes === 0 ? null : classes, unit: 'classes', from },
  ];
}

function history(pam: readonly PamLine[], conf: ReadonlyMap<string, string>): Row[] {
  const files = ofPasswords(pam);
  if (files.length === 0) return [{ rule: 'history', value: null, unit: 'passwords', from: 'PAM' }];
  return files.map(({ file, lines }): Row => {
    const all = lines
      .filter((line) => line.module === 'pam_unix' || (line.module === 'pam_pwhistory' && isBinding(line)))
      .map((line) => ({
        line,
        value:
          whole(line.args.get('remember')) ??
          (line.module === 'pam_pwhistory' ? (whole(conf.get('remember')) ?? 10) : 0),
      }));
    const most = all.sort((a, b) => b.value - a.value)[0];
    return most && most.value > 0
      ? { rule: 'history', value: most.value, unit: 'passwords', from: `${file} ${most.line.module}` }
      : { rule: 'history', value: null, unit: 'passwords', from: file };
  });
}

/** One file for all on Debian; RHEL-like hosts have one for consoles and one for ssh. */
function lockouts(pam: readonly PamLine[], conf: ReadonlyMap<string, string>): Row[] {
  const files = [
    ...new Set(pam.filter(({ type, module }) => type === 'auth' && module === 'pam_unix').map(({ file }) => file)),
  ];
  if (files.length === 0) return [{ rule: 'lockout', value: null, unit: 'attempts', from: 'PAM' }];
  return files.flatMap((file): Row[] => {
    const module = pam.find(
      (line) => line.file === file && line.type === 'auth' && /^pam_(faillock|tally2?)$/.test(line.module),
    );
    const isFaillock = module?.module === 'pam_faillock';
    const has = (...args: string[]) =>
      pam.some(
        (line) =>
          line.file === file &&
          line.type === 'auth' &&
          line.module === 'pam_faillock' &&
          args.some((arg) => line.args.has(arg)),
      );
    // Failed logins have to be written down, and looked at before somebody is let in.
    const locks = has('authfail') && has('preauth', 'authsucc');
    if (!module || (isFaillock && !locks)) return [{ rule: 'lockout', value: null, unit: 'attempts', from: file }];
    const text = (key: string) => module.args.get(key) ?? (isFaillock ? conf.get(key) : undefined);
    const deny = whole(text('deny')) ?? (isFaillock ? 3 : 0);
    const from = `${file} ${module.module}`;
    const time = text('unlock_time');
    const forS = time === 'never' ? 0 : (whole(time) ?? (isFaillock ? 600 : 0));
    const covers = module.args.has('even_deny_root') || (isFaillock && conf.has('even_deny_root'));
    return [
      {
        rule: 'lockout',
        value: deny === 0 ? null : deny,
        unit: 'attempts',
        from,
        ...(!covers && { exceptions: ['root: never locked'] }),
      },
      {
        rule: 'lockout-duration',
        value: forS === 0 ? 'until an administrator unlocks it' : forS,
        ...(forS !== 0 && { unit: 'seconds' as const }),
        from,
      },
    ];
  });
}

function secondFactor(pam: readonly PamLine[], lines: readonly string[]): Row[] {
  const sshd = new Map(
    toldBy(lines, 'sshd').map((line) => [line.split(' ')[0]!.toLowerCase(), line.slice(line.indexOf(' ') + 1).trim()]),
  );
  // sudo asks whoever is in already.
  const modules = pam.filter(
    ({ file, type, module }) => type === 'auth' && secondFactorModules.test(module) && !file.endsWith('/sudo'),
  );
  const binding = modules.filter(isBinding);
  const methods = sshd.get('authenticationmethods');
  const password = sshd.get('passwordauthentication');
  // sshd asks PAM nothing where a key is enough.
  const withoutPam =
    sshd.get('usepam') === 'no'
      ? ['logins by ssh (UsePAM no)']
      : methods === 'any' && sshd.get('pubkeyauthentication') === 'yes'
        ? ['logins by ssh with a key (AuthenticationMethods any)']
        : [];
  return [
    ...(binding.length === 0
      ? [
          {
            rule: 'second-factor',
            value: false,
            from: modules[0] ? `${modules[0].file} ${modules[0].module} is not required` : 'PAM',
          },
        ]
      : binding.map((line): Row => {
          const exceptions = [
            ...(line.args.has('nullok') ? ['accounts without a bound second factor (nullok)'] : []),
            ...withoutPam,
          ];
          return {
            rule: 'second-factor',
            value: line.module,
            from: line.file,
            ...(exceptions.length > 0 && { exceptions }),
          };
        })),
    ...(methods === undefined
      ? []
      : [{ rule: 'ssh-methods', value: methods === 'any' ? null : methods, from: 'sshd -T AuthenticationMethods' }]),
    ...(password === undefined
      ? []
      : [{ rule: 'ssh-password', value: password === 'yes', from: 'sshd -T PasswordAuthentication' }]),
  ];
}
