import { readApt } from './apt.ts';
import { readNpm } from './npm.ts';
import { readPip } from './pip.ts';
import { readRpm } from './rpm.ts';
import { linesOf, type Section, sectionsOf } from './sections.ts';
import { type CommandFormat, type Pending, type SystemManager, type Update, unknown } from './types.ts';
import { readZypper } from './zypper.ts';

/** Topic of the facts about what hosts have pending. */
export const checkTopic = 'patch.check';

export interface CheckedUpdate extends Update {
  /** Was not pending at the check before; false also when there was none. */
  new: boolean;
}

/** What the record keeps of one host at one check. */
export interface HostCheck {
  host: string;
  run: string;
  /** The runbook, or "patch check". */
  by: string;
  status: 'judged' | 'unknown';
  /** Why nobody knows. */
  reason: string | null;
  next: string | null;
  manager: string | null;
  listsAgeSeconds: number | null;
  reboot: Pending['reboot'];
  locked: string[];
  /** Time of the check that `new` compares with. */
  since: string | null;
  /**
   * `security` is null where none is known to be for security and some may be (`securityReason`). `unrated`: of which nobody knows. `notUnderstood`:
   * lines of the package manager.
   */
  counts: {
    updates: number;
    security: number | null;
    unrated: number;
    held: number;
    new: number;
    notUnderstood: number;
  };
  /** Why nobody knows how many are for security. */
  securityReason: string | null;
  /** The first few lines that are not understood. */
  notUnderstood: string[];
  updates: CheckedUpdate[];
}

const readers: Readonly<Record<SystemManager, (sections: ReadonlyMap<string, Section>) => Pending>> = {
  apt: readApt,
  dnf: readRpm,
  yum: readRpm,
  zypper: readZypper,
};

/** Key of the facts of a host: what its system has pending is another matter than what npm has. */
export function checkKey(host: string, format: CommandFormat | undefined): string {
  return `${format ?? 'system'} ${host}`;
}

/** Reads what the check script printed. @throws OaopsError `updates-unknown` */
export function readSystem(stdout: string, stderr: string, mark: string): { manager: string; pending: Pending } {
  const sections = sectionsOf(stdout, stderr, mark);
  if (!sections.has('manager')) throw unknown('the host did not run the script of the check');
  const [manager = ''] = linesOf(sections, 'manager');
  const read = readers[manager as SystemManager] as (typeof readers)[SystemManager] | undefined;
  if (!read)
    throw unknown(
      'the host has none of apt, dnf, yum and zypper',
      'Give a command of your own, with --manager npm or pip.',
    );
  if (sections.get('program')?.exitCode !== 0) throw unknown(`the host has no ${manager}`);
  return { manager, pending: read(sections) };
}

/** Reads what a command of the user's own printed. @throws OaopsError `updates-unknown` */
export function readCommand(format: CommandFormat, stdout: string, exitCode: number | null): Pending {
  const updates = (format === 'npm' ? readNpm : readPip)(stdout, exitCode);
  const unratedReason = `${format} does not say it`;
  return { updates, locked: [], reboot: 'unknown', listsAgeSeconds: null, unratedReason, notUnderstood: [] };
}

/** What a host has pending, the most pressing first, beside what it had at the last check that gave an answer. */
export function judged(
  about: Pick<HostCheck, 'host' | 'run' | 'by'>,
  manager: string,
  pending: Pending,
  before: { at: string; check: HostCheck } | undefined,
): HostCheck {
  const known = before && new Set(before.check.updates.map(idOf));
  const updates = [...pending.updates].sort(byUrgency).map((update) => ({
    ...update,
    new: known !== undefined && !known.has(idOf(update)),
  }));
  const count = (which: (update: CheckedUpdate) => boolean) => updates.filter(which).length;
  const unrated = count(({ security }) => security === null);
  const urgent = count(({ security }) => security === true);
  const security = urgent === 0 && unrated > 0 ? null : urgent;
  return {
    ...about,
    status: 'judged',
    reason: null,
    next: null,
    manager,
    listsAgeSeconds: pending.listsAgeSeconds,
    reboot: pending.reboot,
    locked: pending.locked,
    since: before?.at ?? null,
    counts: {
      updates: count(({ kind }) => kind === 'package'),
      security,
      unrated,
      held: count(({ held }) => held),
      new: count((update) => update.new),
      notUnderstood: pending.notUnderstood.length,
    },
    securityReason: security === null ? pending.unratedReason : null,
    notUnderstood: pending.notUnderstood.slice(0, 5).map((line) => line.trim().slice(0, 200)),
    updates,
  };
}

/** A host of which nothing is known, with the reason. */
export function notJudged(about: Pick<HostCheck, 'host' | 'run' | 'by'>, reason: string, next?: string): HostCheck {
  return {
    ...about,
    status: 'unknown',
    reason,
    next: next ?? null,
    manager: null,
    listsAgeSeconds: null,
    reboot: 'unknown',
    locked: [],
    since: null,
    counts: { updates: 0, security: null, unrated: 0, held: 0, new: 0, notUnderstood: 0 },
    securityReason: reason,
    notUnderstood: [],
    updates: [],
  };
}

/** One line of a notice: `web1: 2 security updates (openssl 3.0.15, ...), 14 other updates, reboot needed`. */
export function summaryOf({ host, counts, securityReason, updates, reboot }: HostCheck): string {
  const urgent = updates.filter(({ security }) => security === true);
  const names = urgent.slice(0, 5).map(({ name, available }) => (available === null ? name : `${name} ${available}`));
  const some = names.length === 0 ? '' : ` (${names.join(', ')}${urgent.length > names.length ? ', ...' : ''})`;
  const others = updates.length - urgent.length;
  const boot = reboot === 'needed' ? ', reboot needed' : '';
  const odd = counts.notUnderstood === 0 ? '' : `, lines not understood: ${counts.notUnderstood}`;
  if (counts.security === null)
    return `${host}: security updates unknown (${securityReason}), ${updates.length} updates${boot}${odd}`;
  const unrated = counts.unrated === 0 ? '' : `, not rated: ${counts.unrated}`;
  return `${host}: ${counts.security} security updates${some}, ${others} other updates${unrated}${boot}${odd}`;
}

const severities = ['critical', 'important', 'moderate', 'low'];

/** Security first, by severity, then what nobody rated, then the rest; each by name. */
export function byUrgency(a: Update, b: Update): number {
  return urgency(a) - urgency(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

function urgency({ security, severity }: Update): number {
  if (security === true) return severities.includes(severity ?? '') ? severities.indexOf(severity!) : severities.length;
  return severities.length + (security === null ? 1 : 2);
}

function idOf({ kind, name, available }: Update): string {
  return JSON.stringify([kind, name, available]);
}
