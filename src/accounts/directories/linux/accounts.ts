import type { SudoRule } from '../../../core/sudoers-rules.ts';
import type { Account } from '../../model.ts';
import type { DirectorySpecOf } from '../../schema/directories.ts';
import { clockOff } from '../clock.ts';
import { daysMs } from './days.ts';
import type { HostState, LocalAccount } from './host-state.ts';

export type LinuxSpec = DirectorySpecOf<'linux'>;

/** How a right by a file of sudoers is named; other rights are names of groups. */
export const sudoersRight = 'sudoers:';

/** From so many days on, an age is none. */
const endlessDays = 99_999;

const noLogin = /\/(nologin|false)$/;

/** Whether a statement speaks of the account by its name or id, and not through a group. */
export function isNamedIn(rule: Pick<SudoRule, 'who'>, { login, uid }: Pick<LocalAccount, 'login' | 'uid'>): boolean {
  return rule.who === login || rule.who === `#${uid}`;
}

/** Names of the supplementary groups of an account. */
export function groupsOf(state: HostState, login: string): string[] {
  return (state.groupsOf.get(login) ?? []).map(({ name }) => name);
}

/** Rights of an account: its supplementary groups, and `sudoers:FILE` for each file with rules in its own name. Sorted. */
export function rightsOf(state: HostState, account: LocalAccount): string[] {
  const files = state.rules.filter((rule) => isNamedIn(rule, account)).map(({ file }) => `${sudoersRight}${file}`);
  return [...new Set([...groupsOf(state, account.login), ...files])].sort();
}

/** Accounts in the scope of the directory: uids between its bounds, and root. */
export function accountsOf(state: HostState, host: string, spec: LinuxSpec, nowMs: number): Account[] {
  return [...state.accounts.values()]
    .filter(({ uid }) => uid === 0 || (uid >= spec.minUid && uid <= spec.maxUid))
    .map((account) => modelOf(state, account, host, spec, nowMs));
}

/** An account as the room speaks of it. */
export function modelOf(
  state: HostState,
  account: LocalAccount,
  host: string,
  spec: LinuxSpec,
  nowMs: number,
): Account {
  const { login, uid, shadow } = account;
  const name = `${host}:${login}`;
  const [personName = '', ...more] = account.comment.split(',');
  const employee = spec.employee === 'gecos' ? employeeOf([personName, ...more]) : undefined;
  const changedAt = shadow && shadow.changed !== '0' ? daysMs(shadow.changed) : undefined;
  const expiresAt = shadow ? expiryMs(shadow.expires) : undefined;
  const untouchable = untouchableOf(state, account);
  const off = clockOff(state.clockMs, nowMs);
  const endless = shadow?.kind === 'password' && (shadow.most === '' || Number(shadow.most) >= endlessDays);
  return {
    directory: spec.id,
    key: name,
    name,
    login,
    ...(employee !== undefined && { employee }),
    ...(personName !== '' && { personName: personName.replaceAll('&', login) }),
    use: uid === 0 ? 'service' : 'person',
    state: stateOf(account, nowMs),
    held: false,
    lastUse: off === undefined ? state.lastUseOf(account) : { unknown: off },
    ...(changedAt !== undefined && shadow?.kind === 'password' && { passwordChangedAt: changedAt }),
    ...(shadow?.kind === 'password' && { passwordNeverExpires: endless }),
    ...(expiresAt !== undefined && { expiresAt }),
    privileged: privilegesOf(state, account, spec),
    rights: rightsOf(state, account),
    ...(untouchable !== undefined && { untouchable }),
  };
}

/** An expiry of 0 is read as never by some programs and as 1970 by others (shadow(5)): it is taken for none. */
function expiryMs(expires: string): number | undefined {
  return expires === '0' ? undefined : daysMs(expires);
}

/** Disabled is only what lets nobody in by any way: a lock alone leaves ssh keys working. */
function stateOf({ shadow, shell }: LocalAccount, nowMs: number): Account['state'] {
  if (!shadow) return noLogin.test(shell) ? 'disabled' : 'unknown';
  const expiresAt = expiryMs(shadow.expires);
  if (expiresAt !== undefined && expiresAt <= nowMs) return 'disabled';
  return noLogin.test(shell) && (shadow.kind === 'locked' || shadow.kind === 'none') ? 'disabled' : 'enabled';
}

/** Why nothing may be done to an account. */
export function untouchableOf(state: HostState, { login, uid }: LocalAccount): string | undefined {
  if (uid === 0) return 'it has uid 0';
  if (state.mine.has(login)) return 'oaops logs in as it';
  const unit = state.services.get(login);
  if (unit !== undefined) return `the service ${unit} runs as it`;
  if (state.lacks.length > 0) return `the host has no ${state.lacks.join(', ')}`;
  return undefined;
}

function privilegesOf(state: HostState, account: LocalAccount, spec: LinuxSpec): string[] {
  const primary = state.groupByGid.get(account.gid);
  const groups = [...new Set([...(primary ? [primary] : []), ...(state.groupsOf.get(account.login) ?? [])])];
  const names = new Set(groups.flatMap(({ name, gid }) => [`%${name}`, `%#${gid}`]));
  const rules = state.rules.filter(
    (rule) =>
      (rule.who === 'ALL' || names.has(rule.who) || isNamedIn(rule, account)) &&
      !rule.commands.every((command) => command.startsWith('!')),
  );
  return [
    ...(account.uid === 0 ? ['uid 0'] : []),
    ...groups.filter(({ name }) => spec.adminGroups.includes(name)).map(({ name }) => `group ${name}`),
    ...new Set(rules.map(({ who, file, line }) => `sudo rule for ${who} (${file}:${line})`)),
  ];
}

/** The first part of a comment that looks like an employee number. */
function employeeOf(parts: readonly string[]): string | undefined {
  return parts.map((part) => part.trim()).find(isEmployeeInComment);
}

/** An employee number that is found again in a comment: it has a digit, and nothing but letters, digits, - and _. */
export function isEmployeeInComment(text: string): boolean {
  return /^(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{2,32}$/.test(text);
}
