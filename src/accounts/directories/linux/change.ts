import { asNotBegun, OaopsError, usageError } from '../../../core/errors.ts';
import type { Change, Changed } from '../../directory.ts';
import { rightsOf, sudoersRight } from './accounts.ts';
import { type Applied, applySteps, assertApplied, notApplied, type Planned } from './apply.ts';
import type { HostState, LocalAccount } from './host-state.ts';
import { imageOf, type LinuxImage, type SudoStatement, statementsOf } from './image.ts';
import type { Asking } from './shell.ts';

/** The account now, its host, and how it was before the first change of the run. */
export interface Subject {
  asking: Asking;
  /** `host:login` */
  name: string;
  state: HostState;
  account: LocalAccount;
  image: LinuxImage;
  nowMs: number;
}

/** The day that disables: 0 means never to some programs, and 1 is over for all of them. */
export const overDay = '1';

/**
 * Makes a change. What it plans comes from the account as it is now, what it marks from the image: so a second call after one that was cut
 * off marks what the first one did.
 */
export async function changeAccount(subject: Subject, change: Change, signal: AbortSignal): Promise<Changed> {
  switch (change.do) {
    case 'disable':
      return disable(subject, signal);
    case 'strip':
      return strip(subject, change.rights, signal);
    case 'grant':
      return grant(subject, change.rights, signal);
    case 'update':
      return update(subject, change.attributes, signal);
    case 'sessions':
      return endSessions(subject, signal);
    case 'delete':
      return remove(subject, signal);
    case 'hold':
      throw usageError('account-change-unable', 'accounts of Linux hosts have no hold area');
  }
}

export async function apply(
  { asking, account }: Pick<Subject, 'asking' | 'account'>,
  plans: readonly Planned[],
  signal: AbortSignal,
): Promise<Applied> {
  return applySteps(asking, { login: account.login, uid: account.uid }, plans, signal);
}

function runs(argv: string[], done: string, left: string): Planned {
  return { step: { do: 'run', argv }, done, left };
}

/** The account is in a state in which nothing of the kind can be begun. */
function unfit(message: string, how: { next: string }): OaopsError {
  return asNotBegun(new OaopsError('account-change-failed', message, how));
}

function isOver(expires: string, nowMs: number): boolean {
  return /^[1-9]\d*$/.test(expires) && Number(expires) * 86_400_000 <= nowMs;
}

async function disable(subject: Subject, signal: AbortSignal): Promise<Changed> {
  const { account, image, nowMs } = subject;
  const { shadow, login } = account;
  if (!shadow)
    throw unfit(`${subject.name} has no line in /etc/shadow, which keeps the end of an account`, {
      next: 'Run "pwconv" on the host, or lock the account by hand.',
    });
  const ages = [shadow.changed, shadow.least, shadow.most, shadow.warn, shadow.inactive, shadow.expires];
  // "usermod" would leave such a line as it is, write a second one, and say that all is well.
  if (ages.some((days) => !/^\d*$/.test(days)))
    throw unfit(`${subject.name}: its line in /etc/shadow is not valid, and "usermod" does not change it`, {
      next: 'Run "pwck" on the host and correct the line.',
    });
  const locks = !shadow.locked;
  const ends = !isOver(shadow.expires, nowMs);
  const words = [...(locks ? ['-L'] : []), ...(ends ? ['-e', overDay] : [])];
  if (words.length > 0)
    assertApplied(
      await apply(
        subject,
        [runs(['usermod', ...words, '--', login], 'password locked and account expired', 'it was not disabled')],
        signal,
      ),
      subject.name,
    );
  const before = image.shadow;
  return {
    done: words.length > 0 ? ['password locked and account expired'] : [],
    left: [],
    mark: {
      locked: before !== null && !before.locked,
      expires: before !== null && !isOver(before.expires, nowMs) ? overDay : null,
      changed: shadow.changed,
    },
    name: subject.name,
  };
}

async function strip(subject: Subject, only: string[] | undefined, signal: AbortSignal): Promise<Changed> {
  const { state, account, image, name } = subject;
  const { login } = account;
  const held = rightsOf(state, account);
  const scope = new Set(only ?? [...held, ...image.groups.map((group) => group.name), ...image.sudoers.map(rightOf)]);
  const statements = statementsOf(state, account).filter((one) => scope.has(rightOf(one)));
  const groups = state.groups.filter((group) => scope.has(group.name) && group.members.includes(login));
  const files = Map.groupBy(
    statements.filter(({ alone }) => alone),
    ({ file }) => file,
  );
  const plans: Planned[] = [
    ...[...files].map(
      ([file, its]): Planned => ({
        step: { do: 'sudoers', file, hold: true, lines: its.flatMap(numbered) },
        done: `sudo rules in ${file} put out of force`,
        left: `sudo rules in ${file} stand as they were`,
      }),
    ),
    ...groups.map((group) =>
      runs(
        ['gpasswd', '-d', login, group.name],
        `taken out of the group ${group.name}`,
        `it stays in the group ${group.name}`,
      ),
    ),
  ];
  const administered = (image.administers ?? []).map((group) => group.name);
  const isAdminMeant = (group: string) => only === undefined || scope.has(group);
  const admins = [...state.one.groupAdmins].filter(([group, its]) => its.includes(login) && isAdminMeant(group));
  plans.push(
    ...admins.map(([group, its]) =>
      runs(
        ['gpasswd', '-A', its.filter((one) => one !== login).join(','), group],
        `no administrator of the group ${group} any more`,
        `it stays an administrator of the group ${group}`,
      ),
    ),
  );
  const applied = await apply(subject, plans, signal);
  assertSomething(applied, name);
  const failed = new Set(plans.filter((_, index) => !applied.ok[index]).map(({ step }) => subjectOf(step)));
  const primary = only === undefined ? undefined : image.primaryGroup;
  return {
    done: applied.done,
    left: [
      ...applied.left,
      ...statements
        .filter(({ alone }) => !alone)
        .map(({ file, line }) => `${file}:${line} is a sudo rule for other accounts too: it stands as it was`),
      ...(primary && scope.has(primary.name) && !image.groups.some((group) => group.name === primary.name)
        ? [`${primary.name} is its primary group: it stays in it`]
        : []),
    ],
    mark: {
      groups: image.groups.map((group) => group.name).filter((group) => scope.has(group) && !failed.has(group)),
      sudoers: image.sudoers.filter((one) => one.alone && scope.has(rightOf(one)) && !failed.has(one.file)),
      administers: administered.filter((group) => isAdminMeant(group) && !failed.has(adminOf(group))),
    },
    name,
  };
}

function rightOf({ file }: SudoStatement): string {
  return `${sudoersRight}${file}`;
}

export function numbered({ line, lines }: SudoStatement): { number: number; text: string }[] {
  return lines.map((text, index) => ({ number: line + index, text }));
}

/** What a step of `strip` is about: the file, the group, or being an administrator of it. */
function subjectOf(step: Planned['step']): string {
  if (step.do === 'sudoers') return step.file;
  if (step.do !== 'run') return '';
  const group = step.argv.at(-1)!;
  return step.argv[1] === '-A' ? adminOf(group) : group;
}

function adminOf(group: string): string {
  return `administrator:${group}`;
}

async function grant(subject: Subject, rights: readonly string[], signal: AbortSignal): Promise<Changed> {
  const { state, account, image, name } = subject;
  const { login } = account;
  const rules = rights.filter((right) => right.startsWith(sudoersRight));
  const groups = rights.filter((right) => !right.startsWith(sudoersRight));
  const missing = groups.filter((right) => !state.groups.some((group) => group.name === right));
  const plans = groups
    .filter((right) => state.groups.some((group) => group.name === right && !group.members.includes(login)))
    .map((group) =>
      runs(['gpasswd', '-a', login, group], `put into the group ${group}`, `it is not in the group ${group}`),
    );
  const applied = await apply(subject, plans, signal);
  assertSomething(applied, name);
  return {
    done: applied.done,
    left: [
      ...applied.left,
      ...missing.map((group) => `there is no group ${group} on the host`),
      ...rules.map((right) => `rules of sudo are not written by oaops: ${right}`),
    ],
    mark: { groups: groups.filter((group) => !image.groups.some((before) => before.name === group)) },
    name,
  };
}

async function update(subject: Subject, attributes: Record<string, string>, signal: AbortSignal): Promise<Changed> {
  const { account, name } = subject;
  const { personName, ...others } = attributes;
  const left = Object.keys(others).map((key) => `Linux hosts keep no ${key} of an account`);
  if (personName === undefined) return { done: [], left, mark: {}, name };
  const comment = [nameInComment(personName), ...account.comment.split(',').slice(1)].join(',');
  if (comment !== account.comment)
    assertApplied(
      await apply(
        subject,
        [
          runs(
            ['usermod', '-c', comment, '--', account.login],
            `name set to ${nameInComment(personName)}`,
            'the name was not set',
          ),
        ],
        signal,
      ),
      name,
    );
  return {
    done: comment === account.comment ? [] : [`name set to ${nameInComment(personName)}`],
    left,
    mark: { comment },
    name,
  };
}

/** A name as it stands in a field of the comment: `Smith John` of `Smith, John`, because commas and colons end fields of /etc/passwd. */
export function nameInComment(name: string): string {
  return name.replace(/[\s:,\u0000-\u001f\u007f]+/g, ' ').trim();
}

async function endSessions(subject: Subject, signal: AbortSignal): Promise<Changed> {
  const { state, account, image, name } = subject;
  const { one } = state;
  const aside = (file: { path: string; sha256: string; held: string }, done: string): Planned => ({
    step: { do: 'aside', ...file },
    done,
    left: `${file.path} stands as it was`,
  });
  // What has changed since the image is another file, and is held in a place of its own.
  const now = imageOf(state, account);
  const end: Planned = {
    step: { do: 'end' },
    done: 'sessions and processes ended',
    left: 'its processes were not all ended',
  };
  // Jobs first, so that nothing starts anew; the end once more, for what has started between.
  const plans: Planned[] = [
    ...(now.crontab ? [aside(now.crontab, 'crontab put aside')] : []),
    ...now.at.map((file) => aside(file, `at job ${file.path} put aside`)),
    ...(one.lingers
      ? [
          {
            step: { do: 'linger', on: false } as const,
            done: 'services of the user do not go on without him',
            left: 'services of the user go on without him',
          },
        ]
      : []),
    ...(account.sharesUid ? [] : [end]),
    ...now.keys.map((file) => aside(file, `ssh keys in ${file.path} put aside`)),
    ...(account.sharesUid || now.keys.length === 0 ? [] : [{ ...end, done: '' }]),
  ];
  const applied = await apply(subject, plans, signal);
  const failed = new Set(
    plans.flatMap(({ step }, index) => (step.do === 'aside' && !applied.ok[index] ? [step.path] : [])),
  );
  const gone = <T extends { path: string }>(files: readonly T[]) => files.filter(({ path }) => !failed.has(path));
  return {
    done: applied.done.filter((text) => text !== ''),
    left: [
      ...new Set([
        ...applied.left,
        ...(account.sharesUid ? ['other accounts have its uid: no processes were ended'] : []),
        ...one.keys
          .filter(({ own }) => !own)
          .map(({ path, also }) =>
            also === undefined
              ? `keys in ${path} are those of all accounts: they stay`
              : `keys in ${path} let ${also} in, too: they stay`,
          ),
        ...(account.sharesUid && one.at.length > 0 ? ['other accounts have its uid: at jobs stay'] : []),
        ...one.keys
          .filter(({ own, kind }) => own && kind !== 'file')
          .map(({ path }) => `${path} is a link or no file: it stays`),
        ...(one.keyCommand === undefined ? [] : [`keys also come from the program ${one.keyCommand}`]),
        ...one.cronLines.map((place) => `${place} runs something as it: it stays`),
      ]),
    ],
    mark: {
      crontab: image.crontab && !failed.has(image.crontab.path) ? image.crontab : null,
      at: gone(image.at),
      keys: gone(image.keys),
      lingers: image.lingers,
    },
    name,
  };
}

async function remove(subject: Subject, signal: AbortSignal): Promise<Changed> {
  const done = 'account deleted, its home is kept';
  const plan = runs(['userdel', '--', subject.account.login], done, 'it was not deleted');
  const { left } = await apply(subject, [plan], signal);
  // It may have stopped between two files.
  if (left.length > 0) throw notApplied(left, subject.name);
  return { done: [done], left: [], mark: { deleted: true }, name: subject.name };
}

/** @throws OaopsError `account-change-failed` when there was something to do and none of it was done */
function assertSomething(applied: Applied, name: string): void {
  if (applied.ok.length > 0 && !applied.ok.includes(true)) assertApplied(applied, name);
}
