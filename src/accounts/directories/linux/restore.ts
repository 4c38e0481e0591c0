import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Change, Image, Restored } from '../../directory.ts';
import type { Planned } from './apply.ts';
import { apply, overDay, type Subject } from './change.ts';
import { heldLine, type Step } from './change-script.ts';
import type { HeldFile, SudoStatement } from './image.ts';

/** Steps that take changes back, and what is left because somebody else has changed it since. */
interface Back {
  plans: Planned[];
  conflicts: string[];
}

/**
 * Takes changes of an account that is there back, the last one first. What stands otherwise than the change has set it stays, and is told.
 */
export async function restoreAccount(
  subject: Subject,
  marks: readonly { change: Change; mark: Image | null }[],
  signal: AbortSignal,
): Promise<Restored> {
  // A change that was cut off and made again is marked twice; what was made again knows all of it.
  const once = marks.filter(
    ({ change, mark }) =>
      mark !== null || !marks.some((other) => other.mark !== null && isDeepStrictEqual(other.change, change)),
  );
  const backs = once.toReversed().map(({ change, mark }) => backOf(subject, change, mark));
  const plans = backs
    .flatMap((back) => back.plans)
    .filter((plan, index, all) => all.findIndex(({ step }) => isDeepStrictEqual(step, plan.step)) === index);
  const applied = await apply(subject, plans, signal);
  return {
    done: applied.done,
    conflicts: [...new Set([...backs.flatMap(({ conflicts }) => conflicts), ...applied.left])],
  };
}

function backOf(subject: Subject, change: Change, mark: Image | null): Back {
  switch (change.do) {
    case 'disable':
      return enable(subject, mark);
    case 'strip':
      return giveBack(subject, mark, change.rights);
    case 'grant':
      return takeBack(subject, mark, change.rights);
    case 'update':
      return rename(subject, mark);
    case 'sessions':
      return letIn(subject, mark);
    default:
      return { plans: [], conflicts: [] };
  }
}

const nothing: Back = { plans: [], conflicts: [] };

function enable({ account, image }: Subject, mark: Image | null): Back {
  const now = account.shadow;
  const before = image.shadow;
  if (!now || !before) return nothing;
  const conflicts: string[] = [];
  const words: string[] = [];
  if (now.locked && !before.locked && mark?.['locked'] !== false) {
    if (now.changed !== (mark?.['changed'] ?? before.changed))
      conflicts.push('its password was set anew since, and is locked: it stays so');
    else if (before.kind === 'empty') {
      // Without any password it would let everybody in.
      words.push('-p', '*');
      conflicts.push('it had no password at all: it has now one that never fits, and lets in by keys only');
    } else if (before.kind === 'password' && now.kind === 'none')
      // It was deleted and made anew since.
      conflicts.push('its password is not kept: it is locked until somebody sets a new one');
    else words.push('-U');
  }
  const set = mark === null ? overDay : mark['expires'];
  if (set !== null && now.expires !== before.expires) {
    if (now.expires === set) words.push('-e', before.expires);
    else conflicts.push('the day on which it expires was changed since: it stays so');
  }
  return {
    plans:
      words.length === 0
        ? []
        : [run(['usermod', ...words, '--', account.login], 'password and expiry as before', 'it stays disabled')],
    conflicts,
  };
}

function giveBack({ state, account, image }: Subject, mark: Image | null, only: string[] | undefined): Back {
  const { login } = account;
  const inScope = (right: string) => only === undefined || only.includes(right);
  const groups = (mark?.['groups'] as string[] | undefined) ?? image.groups.map(({ name }) => name).filter(inScope);
  const sudoers =
    (mark?.['sudoers'] as SudoStatement[] | undefined) ??
    image.sudoers.filter(({ alone, file }) => alone && inScope(`sudoers:${file}`));
  const back: Back = { plans: [], conflicts: [] };
  for (const name of groups) {
    const now = state.groups.find((group) => group.name === name);
    if (!now) back.conflicts.push(`there is no group ${name} any more`);
    else if (!now.members.includes(login)) {
      const before = image.groups.find((group) => group.name === name)?.members ?? [];
      const others = before.filter((member) => member !== login);
      // The whole list keeps the order of the members; it must be the one that the change has left.
      const isSame = others.join() === now.members.join() && before.every((member) => state.accounts.has(member));
      back.plans.push(
        run(
          isSame ? ['gpasswd', '-M', before.join(','), name] : ['gpasswd', '-a', login, name],
          `put back into the group ${name}`,
          `it is not in the group ${name}`,
        ),
      );
    }
  }
  back.plans.push(...administersAgain({ state, account, image }, mark, inScope));
  for (const [file, statements] of Map.groupBy(sudoers, (statement) => statement.file)) {
    const now = state.sudoersLines.get(file) ?? [];
    const taken = new Set<number>();
    const lines: { number: number; text: string }[] = [];
    for (const statement of statements) {
      const at = placeOf(
        now,
        statement.lines.map((text) => heldLine + text),
        taken,
      );
      if (at >= 0)
        statement.lines.forEach((text, index) => {
          taken.add(at + index);
          lines.push({ number: at + index + 1, text: heldLine + text });
        });
      else if (placeOf(now, statement.lines, new Set()) < 0)
        back.conflicts.push(`${file} was changed since: the sudo rule "${statement.lines.join(' ')}" is not back`);
    }
    if (lines.length > 0)
      back.plans.push({
        step: { do: 'sudoers', file, hold: false, lines },
        done: `sudo rules in ${file} in force again`,
        left: `sudo rules in ${file} are not back`,
      });
  }
  return back;
}

function administersAgain(
  { state, account: { login }, image }: Pick<Subject, 'state' | 'account' | 'image'>,
  mark: Image | null,
  inScope: (group: string) => boolean,
): Planned[] {
  const before = image.administers ?? [];
  const names =
    (mark?.['administers'] as string[] | undefined) ?? before.map(({ name }) => name).filter((name) => inScope(name));
  return names.flatMap((name) => {
    const now = state.one.groupAdmins.get(name) ?? [];
    if (now.includes(login) || !state.groups.some((group) => group.name === name)) return [];
    const admins = before.find((group) => group.name === name)?.admins ?? [];
    const isSame = admins.filter((admin) => admin !== login).join() === now.join();
    return [
      run(
        ['gpasswd', '-A', (isSame ? admins : [...now, login]).join(','), name],
        `an administrator of the group ${name} again`,
        `it is no administrator of the group ${name}`,
      ),
    ];
  });
}

/** Index of the first of these lines where they stand one after the other, or -1. */
function placeOf(all: readonly string[], lines: readonly string[], taken: ReadonlySet<number>): number {
  return all.findIndex((_, at) => lines.every((text, index) => all[at + index] === text && !taken.has(at + index)));
}

function takeBack({ state, account, image }: Subject, mark: Image | null, rights: readonly string[]): Back {
  const groups =
    (mark?.['groups'] as string[] | undefined) ??
    rights.filter((right) => !image.groups.some(({ name }) => name === right));
  return {
    plans: state.groups
      .filter(({ name, members }) => groups.includes(name) && members.includes(account.login))
      .map(({ name }) =>
        run(['gpasswd', '-d', account.login, name], `taken out of the group ${name}`, `it stays in the group ${name}`),
      ),
    conflicts: [],
  };
}

function rename({ account, image }: Subject, mark: Image | null): Back {
  if (account.comment === image.comment) return nothing;
  const set = mark?.['comment'];
  if (mark !== null && set !== account.comment)
    return set === undefined ? nothing : { plans: [], conflicts: ['its name was changed since: it stays so'] };
  return {
    plans: [run(['usermod', '-c', image.comment, '--', account.login], 'name as before', 'the name is not back')],
    conflicts: [],
  };
}

function letIn({ state: { one }, image, nowMs }: Subject, mark: Image | null): Back {
  const back: Back = { plans: [], conflicts: [] };
  const put = (file: HeldFile, done: string) =>
    back.plans.push({ step: { do: 'back', path: file.path, held: file.held }, done, left: `${file.path} is not back` });
  const crontab = mark === null ? image.crontab : (mark['crontab'] as HeldFile | null);
  if (crontab && one.crontab?.sha256 !== crontab.sha256) put(crontab, 'crontab put back');
  for (const file of (mark?.['keys'] as HeldFile[] | undefined) ?? image.keys)
    if (!one.keys.some(({ path, sha256 }) => path === file.path && sha256 === file.sha256))
      put(file, `ssh keys in ${file.path} put back`);
  for (const file of (mark?.['at'] as HeldFile[] | undefined) ?? image.at) {
    if (one.at.some(({ path }) => path === file.path)) continue;
    // A job whose time is over would start at once.
    if (atMs(file.path) <= nowMs) back.conflicts.push(`the time of an at job is over: it stays in ${file.held}`);
    else put(file, `at job ${file.path} put back`);
  }
  if ((mark?.['lingers'] ?? image.lingers) === true && !one.lingers)
    back.plans.push({
      step: { do: 'linger', on: true },
      done: 'services of the user go on without him again',
      left: 'services of the user do not go on without him',
    });
  return back;
}

/** When a job is due: the last eight digits of its name are minutes since 1970, in hexadecimal. */
export function atMs(path: string): number {
  const minutes = /^[a-zA-Z=][0-9a-f]{5}([0-9a-f]{8})/.exec(basename(path))?.[1];
  return minutes === undefined ? 0 : Number.parseInt(minutes, 16) * 60_000;
}

function run(argv: string[], done: string, left: string): Planned {
  const step: Step = { do: 'run', argv };
  return { step, done, left };
}
