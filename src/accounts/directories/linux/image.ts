import { basename } from 'node:path';
import { OaopsError } from '../../../core/errors.ts';
import type { SudoRule } from '../../../core/sudoers-rules.ts';
import type { Image } from '../../directory.ts';
import { isNamedIn } from './accounts.ts';
import { heldFolder } from './change-script.ts';
import type { HostState, LocalAccount, Shadow, StoredFile, SubIds } from './host-state.ts';

/** A statement of sudoers, with its lines as they stand. */
export interface SudoStatement {
  file: string;
  line: number;
  lines: string[];
  /** It speaks of this account only. */
  alone: boolean;
}

/** A file of an account, and where it lies while it is held. */
export interface HeldFile extends StoredFile {
  held: string;
}

/** An account of a host with everything that a change may touch. No hash of a password, and no content of keys and jobs: these stay on the host. */
export interface LinuxImage {
  uid: number;
  gid: number;
  comment: string;
  home: string;
  shell: string;
  shadow: Shadow | null;
  primaryGroup: { name: string; members: string[] } | null;
  /** Supplementary groups, with their members in order. */
  groups: { name: string; members: string[] }[];
  sudoers: SudoStatement[];
  crontab: HeldFile | null;
  at: HeldFile[];
  keys: HeldFile[];
  lingers: boolean;
  /** Groups that it administers, with all who do. Images of older versions do not have it. */
  administers?: { name: string; admins: string[] }[];
  subIds?: SubIds;
}

/** Pure. */
export function imageOf(state: HostState, account: LocalAccount): LinuxImage {
  const { login, uid, gid, comment, home, shell, shadow } = account;
  const folder = `${heldFolder}/${login}-${uid}`;
  const primary = state.groupByGid.get(gid);
  const { crontab, at, keys, lingers, groupAdmins, subIds } = state.one;
  return {
    uid,
    gid,
    comment,
    home,
    shell,
    shadow: shadow ?? null,
    primaryGroup: primary ? { name: primary.name, members: primary.members } : null,
    groups: (state.groupsOf.get(login) ?? []).map(({ name, members }) => ({ name, members })),
    sudoers: statementsOf(state, account),
    crontab: crontab ? { ...crontab, held: `${folder}/crontab-${crontab.sha256.slice(0, 12)}` } : null,
    // Jobs are told apart by uid only.
    at: (account.sharesUid ? [] : at).map((file) => ({ ...file, held: `${folder}/at-${basename(file.path)}` })),
    keys: keys
      .filter(({ own, kind }) => own && kind === 'file')
      .map(({ path, sha256 }) => ({ path, sha256, held: `${path}.oaops-${sha256.slice(0, 12)}` })),
    lingers,
    administers: [...groupAdmins].flatMap(([name, admins]) => (admins.includes(login) ? [{ name, admins }] : [])),
    ...(subIds && { subIds }),
  };
}

/** Statements of sudoers that name the account itself. */
export function statementsOf(state: HostState, account: LocalAccount): SudoStatement[] {
  const statements = new Map<string, SudoStatement>();
  const isAlone = (rule: SudoRule) => rule.users.every((who) => isNamedIn({ who }, account));
  for (const rule of state.rules.filter((one) => isNamedIn(one, account)))
    statements.set(`${rule.file}:${rule.line}`, {
      file: rule.file,
      line: rule.line,
      lines: (state.sudoersLines.get(rule.file) ?? []).slice(rule.line - 1, rule.lastLine),
      alone: isAlone(rule),
    });
  return [...statements.values()];
}

/** The image as it comes from the record. @throws OaopsError `account-image-strange` */
export function readImage(image: Image): LinuxImage {
  if (typeof image['uid'] !== 'number' || !Array.isArray(image['groups']) || !Array.isArray(image['sudoers']))
    throw new OaopsError('account-image-strange', 'what the record says of the account is not understood', {
      next: 'It was written by another version of oaops; take the change back by hand.',
    });
  return image as unknown as LinuxImage;
}
