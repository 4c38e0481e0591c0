import { sudoersFilesOf } from '../../../core/sudoers-files.ts';
import { readSudoers, type SudoRule } from '../../../core/sudoers-rules.ts';
import type { LastUse } from '../../model.ts';
import { type LastUses, readLastUses } from './last-uses.ts';
import { toldBy } from './shell.ts';

/** What stands in place of a password: `locked` is one behind a `!`, `none` is nothing that ever fits, `empty` lets everybody in. */
export type PasswordKind = 'password' | 'locked' | 'none' | 'empty';

/** A line of /etc/shadow without the hash. Days since 1970 as written; an empty text is no limit. */
export interface Shadow {
  kind: PasswordKind;
  /** It begins with `!`. */
  locked: boolean;
  changed: string;
  least: string;
  most: string;
  warn: string;
  inactive: string;
  expires: string;
}

export interface LocalAccount {
  login: string;
  uid: number;
  gid: number;
  comment: string;
  home: string;
  shell: string;
  shadow: Shadow | undefined;
  /** Other accounts have the same uid: processes and files are theirs too. */
  sharesUid: boolean;
}

export interface LocalGroup {
  name: string;
  gid: number;
  members: string[];
}

/** A key file of an account, `own` when no other account logs in by it. */
export interface KeyFile {
  own: boolean;
  /** Another account that does; absent and not `own`: every account does. */
  also?: string;
  kind: 'file' | 'link' | 'other';
  sha256: string;
  path: string;
}

export interface StoredFile {
  path: string;
  sha256: string;
}

export interface SubIds {
  uids: string[];
  gids: string[];
}

/** What one script told of a host. */
export interface HostState {
  accounts: Map<string, LocalAccount>;
  groups: LocalGroup[];
  /** Supplementary groups by login: hosts have one group for each of thousands of accounts. */
  groupsOf: ReadonlyMap<string, LocalGroup[]>;
  groupByGid: ReadonlyMap<number, LocalGroup>;
  rules: SudoRule[];
  sudoersLines: ReadonlyMap<string, readonly string[]>;
  /** Parts that could not be read, for people. */
  problems: string[];
  /** Logins by which oaops came in. */
  mine: ReadonlySet<string>;
  /** Login -> a running service that works as it. */
  services: ReadonlyMap<string, string>;
  /** Programs that the host needs for changes and does not have. */
  lacks: string[];
  lastUseOf(account: LocalAccount): LastUse;
  /** Of the host, in milliseconds since 1970. */
  clockMs: number | undefined;
  /** Of the one account that was asked for. */
  one: {
    keys: KeyFile[];
    keyCommand?: string;
    crontab?: StoredFile;
    at: StoredFile[];
    lingers: boolean;
    /** Who administers a group (gshadow(5)), by its name; groups that nobody does are not in it. */
    groupAdmins: ReadonlyMap<string, string[]>;
    /** Ids that it may give to its containers (subuid(5)), as `first-last`; undefined: the host keeps none. */
    subIds: SubIds | undefined;
    cronLines: string[];
  };
}

/** Puts together what the script printed. `told` names a host for problems. Pure. */
export function readHostState(lines: readonly string[], told: string, connectedAs: string | undefined): HostState {
  const shadows = new Map(toldBy(lines, 'shadow').map(shadowOf));
  const accounts = new Map<string, LocalAccount>();
  const strange: string[] = [];
  for (const line of toldBy(lines, 'passwd')) {
    // Lines of NIS, and comments, are no accounts of the host.
    if (line === '' || /^[+\-#]/.test(line)) continue;
    const account = accountOf(line, shadows);
    if (account === undefined) strange.push(`${told}: a line of /etc/passwd is not understood`);
    else if (accounts.has(account.login)) strange.push(`${told}: the account ${account.login} is there twice`);
    else accounts.set(account.login, account);
  }
  const byUid = Map.groupBy(accounts.values(), ({ uid }) => uid);
  for (const same of byUid.values()) if (same.length > 1) for (const account of same) account.sharesUid = true;
  const groups = toldBy(lines, 'group').flatMap((line) => groupOf(line) ?? []);
  const files = sudoersFilesOf(lines);
  const sudoers = readSudoers(files);
  const uses: LastUses = readLastUses(lines);
  const crontab = toldBy(lines, 'crontab').map(storedOf)[0];
  const clockMs = toldBy(lines, 'now').find((text) => /^\d{1,12}$/.test(text));
  const keyCommand = toldBy(lines, 'keycommand')[0];
  return {
    accounts,
    groups,
    groupsOf: byMember(groups),
    groupByGid: new Map(groups.toReversed().map((group) => [group.gid, group])),
    rules: sudoers.rules,
    sudoersLines: new Map(files.map(({ name, lines: its }) => [name, its])),
    problems: [
      ...strange,
      ...toldBy(lines, 'unread').map((file) => `${told}: ${file} could not be read`),
      ...sudoers.strange.map((line) => `${told}: not understood: ${line}`),
    ],
    mine: new Set([...toldBy(lines, 'me'), ...(connectedAs === undefined ? [] : [connectedAs])]),
    services: new Map(toldBy(lines, 'unit').map((line) => twoWords(line).reverse() as [string, string])),
    lacks: toldBy(lines, 'lacks'),
    lastUseOf: uses.of,
    clockMs: clockMs === undefined ? undefined : Number(clockMs) * 1000,
    one: {
      keys: toldBy(lines, 'key').flatMap((line) => keyOf(line) ?? []),
      ...(keyCommand !== undefined && { keyCommand }),
      ...(crontab && { crontab }),
      at: toldBy(lines, 'at').map(storedOf),
      lingers: lines.includes('linger 1'),
      groupAdmins: new Map(toldBy(lines, 'admin').map(adminsOf)),
      subIds: subIdsOf(lines),
      cronLines: toldBy(lines, 'cronline'),
    },
  };
}

function twoWords(line: string): [string, string] {
  const at = line.indexOf(' ');
  return [line.slice(0, at), line.slice(at + 1)];
}

function storedOf(line: string): StoredFile {
  const [sha256, path] = twoWords(line);
  return { path, sha256 };
}

function shadowOf(line: string): [string, Shadow] {
  const [login = '', kind = '', locked, changed = '', least = '', most = '', warn = '', inactive = '', expires = ''] =
    line.split(':');
  return [login, { kind: kind as PasswordKind, locked: locked === '1', changed, least, most, warn, inactive, expires }];
}

function accountOf(line: string, shadows: ReadonlyMap<string, Shadow>): LocalAccount | undefined {
  const fields = line.split(':');
  const [login = '', , uid = '', gid = '', comment = '', home = '', shell = ''] = fields;
  if (fields.length !== 7 || login === '' || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
  return {
    login,
    uid: Number(uid),
    gid: Number(gid),
    comment,
    home,
    shell,
    shadow: shadows.get(login),
    sharesUid: false,
  };
}

function groupOf(line: string): LocalGroup | undefined {
  const [name = '', , gid = '', members = ''] = line.split(':');
  if (name === '' || !/^\d+$/.test(gid)) return undefined;
  return { name, gid: Number(gid), members: members.split(',').filter((one) => one !== '') };
}

function byMember(groups: readonly LocalGroup[]): Map<string, LocalGroup[]> {
  const found = new Map<string, LocalGroup[]>();
  for (const group of groups)
    for (const member of new Set(group.members)) {
      const its = found.get(member);
      if (its) its.push(group);
      else found.set(member, [group]);
    }
  return found;
}

function adminsOf(line: string): [string, string[]] {
  const [name = '', admins = ''] = line.split(':');
  return [name, admins.split(',').filter((one) => one !== '')];
}

function subIdsOf(lines: readonly string[]): SubIds | undefined {
  if (toldBy(lines, 'subids').length === 0) return undefined;
  const ranges = (kind: string) =>
    toldBy(lines, 'subid').flatMap((line) => {
      const [its, first, count] = line.split(' ');
      return its === kind && Number(count) > 0 ? [`${first}-${Number(first) + Number(count) - 1}`] : [];
    });
  return { uids: ranges('uid'), gids: ranges('gid') };
}

function keyOf(line: string): KeyFile | undefined {
  const match = /^(?:(own|shared)|also=(\S+)) (file|link|other) ([0-9a-f]*) (.+)$/.exec(line);
  if (!match) return undefined;
  const [, whose, also, kind, sha256, path] = match;
  return {
    own: whose === 'own',
    ...(also !== undefined && { also }),
    kind: kind as KeyFile['kind'],
    sha256: sha256!,
    path: path!,
  };
}
