import { type PamLine, pamLine, settingsOf } from '../../../core/pam-lines.ts';
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
  return [
    ...ages(lines, spec),
    ...strength(pam, settingsOf(toldBy(lines, 'quality'))),
    history(pam, settingsOf(toldBy(lines, 'history'))),
    ...lockouts(pam, settingsOf(toldBy(lines, 'faillock'))),
    ...secondFactor(pam, lines),
  ].map((row) => ({ directory: spec.id, scope: host, ...row }));
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
  return value === undefined || value >= endlessDays ? null : value;
}

function told(value: number | null): string {
  return value === null ? 'no limit' : `${value} days`;
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

function strength(pam: readonly PamLine[], quality: ReadonlyMap<string, string>): Row[] {
  const module = pam.find(({ type, module: name }) => type === 'password' && /^pam_(pwquality|cracklib)$/.test(name));
  if (!module) {
    const unix = pam.find(({ type, module: name }) => type === 'password' && name === 'pam_unix');
    const from = unix ? `${unix.file} ${unix.module}` : 'PAM';
    const other = pam.find(({ module: name }) => name === 'pam_passwdqc');
    return [
      {
        rule: 'quality-check',
        value: other ? 'pam_passwdqc' : false,
        from: other ? other.file : from,
      },
      { rule: 'min-length', value: unix ? (whole(unix.args.get('minlen')) ?? null) : null, unit: 'characters', from },
      { rule: 'classes', value: null, unit: 'classes', from },
    ];
  }
  const isQuality = module.module === 'pam_pwquality';
  const value = (key: string) => whole(module.args.get(key) ?? (isQuality ? quality.get(key) : undefined));
  const credits = ['dcredit', 'ucredit', 'lcredit', 'ocredit'].map((key) => value(key) ?? 0);
  const given = credits.filter((credit) => credit > 0).reduce((sum, credit) => sum + credit, 0);
  const classes = Math.max(value('minclass') ?? 0, credits.filter((credit) => credit < 0).length);
  const from = `${module.file} ${module.module}`;
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

function history(pam: readonly PamLine[], conf: ReadonlyMap<string, string>): Row {
  const modules = pam.filter(({ type, module }) => type === 'password' && /^pam_(pwhistory|unix)$/.test(module));
  const all = modules.map((line) => ({
    line,
    value:
      whole(line.args.get('remember')) ?? (line.module === 'pam_pwhistory' ? (whole(conf.get('remember')) ?? 10) : 0),
  }));
  const most = all.sort((a, b) => b.value - a.value)[0];
  return {
    rule: 'history',
    value: most && most.value > 0 ? most.value : null,
    unit: 'passwords',
    from: most && most.value > 0 ? `${most.line.file} ${most.line.module}` : 'PAM',
  };
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
    // Without it, failed logins are looked at and never written down.
    const counts = pam.some(
      (line) => line.file === file && line.module === 'pam_faillock' && line.args.has('authfail'),
    );
    if (!module || (isFaillock && !counts)) return [{ rule: 'lockout', value: null, unit: 'attempts', from: file }];
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
  const modules = pam.filter(({ type, module }) => type === 'auth' && secondFactorModules.test(module));
  const methods = sshd.get('authenticationmethods');
  const password = sshd.get('passwordauthentication');
  return [
    ...(modules.length === 0
      ? [{ rule: 'second-factor', value: false, from: 'PAM' }]
      : modules.map(
          (line): Row => ({
            rule: 'second-factor',
            value: line.module,
            from: line.file,
            ...(line.args.has('nullok') && { exceptions: ['accounts without a bound second factor (nullok)'] }),
          }),
        )),
    ...(methods === undefined
      ? []
      : [{ rule: 'ssh-methods', value: methods === 'any' ? null : methods, from: 'sshd -T AuthenticationMethods' }]),
    ...(password === undefined
      ? []
      : [{ rule: 'ssh-password', value: password === 'yes', from: 'sshd -T PasswordAuthentication' }]),
  ];
}
