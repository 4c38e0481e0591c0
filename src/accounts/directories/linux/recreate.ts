import type { Restored } from '../../directory.ts';
import { applySteps, type Planned } from './apply.ts';
import type { HostState, Shadow } from './host-state.ts';
import type { LinuxImage } from './image.ts';
import type { Asking } from './shell.ts';

/** Makes a deleted account anew with its ids, home, shell, comment and ages. Its password is not kept anywhere: it is locked. */
export async function recreate(
  asking: Asking,
  { login, state, image }: { login: string; state: HostState; image: LinuxImage },
  signal: AbortSignal,
): Promise<Restored> {
  const holder = [...state.accounts.values()].find(({ uid }) => uid === image.uid);
  if (holder)
    return { done: [], conflicts: [`uid ${image.uid} belongs to ${holder.login} now: the account was not made anew`] };
  const { name: groupName = login } = image.primaryGroup ?? {};
  const conflicts: string[] = [];
  const plans: Planned[] = [];
  if (!state.groups.some(({ gid }) => gid === image.gid)) {
    if (state.groups.some(({ name }) => name === groupName))
      return {
        done: [],
        conflicts: [`the group ${groupName} has another id than ${image.gid} now: the account was not made anew`],
      };
    plans.push(
      run(
        ['groupadd', '-g', String(image.gid), '--', groupName],
        `group ${groupName} made anew`,
        `the group ${groupName} was not made`,
      ),
    );
  } else if (image.primaryGroup && !state.groups.some(({ name, gid }) => name === groupName && gid === image.gid))
    conflicts.push(`the group with the id ${image.gid} has another name than ${groupName} now`);
  const ids = ['-u', String(image.uid), '-g', String(image.gid)];
  // Else it would get a range of ids for containers that is not the one that its files have.
  const noRanges = image.subIds ? ['-K', 'SUB_UID_COUNT=0', '-K', 'SUB_GID_COUNT=0'] : [];
  plans.push(
    run(
      // -l: when it was last used is not forgotten.
      [
        'useradd',
        '-l',
        '-M',
        '-N',
        ...noRanges,
        ...ids,
        '-d',
        image.home,
        '-s',
        image.shell,
        '-c',
        image.comment,
        '--',
        login,
      ],
      'account made anew',
      'it was not made anew',
    ),
  );
  const { uids = [], gids = [] } = image.subIds ?? {};
  // The last one that is given stands first.
  const ranges = [
    ...uids.toReversed().flatMap((range) => ['-v', range]),
    ...gids.toReversed().flatMap((range) => ['-w', range]),
  ];
  if (ranges.length > 0)
    plans.push(
      run(
        ['usermod', ...ranges, '--', login],
        'ids for its containers as before',
        'ids for its containers are not as before',
      ),
    );
  if (image.shadow)
    plans.push(
      run(
        ['chage', ...ageWords(image.shadow), '--', login],
        'ages of its password and expiry as before',
        'ages of its password and expiry are not as before',
      ),
    );
  // Without a password that ever fits, and yet not locked: such an account lets in by keys.
  if (image.shadow?.kind === 'none' && !image.shadow.locked)
    plans.push(run(['usermod', '-p', '*', '--', login], 'it lets in by keys only, as before', 'it stays locked'));
  else if (image.shadow && image.shadow.kind !== 'none')
    conflicts.push('its password is not kept: it is locked until somebody sets a new one');
  const applied = await applySteps(asking, { login, uid: undefined }, plans, signal);
  return { done: applied.done, conflicts: [...conflicts, ...applied.left] };
}

function ageWords({ changed, least, most, warn, inactive, expires }: Shadow): string[] {
  const words = { '-d': changed, '-m': least, '-M': most, '-W': warn, '-I': inactive, '-E': expires };
  return Object.entries(words).flatMap(([flag, days]) => [flag, days === '' ? '-1' : days]);
}

function run(argv: string[], done: string, left: string): Planned {
  return { step: { do: 'run', argv }, done, left };
}
