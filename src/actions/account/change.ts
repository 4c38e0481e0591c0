import { z } from 'zod';
import type { Change } from '../../accounts/directory.ts';
import { changeEntry } from '../../accounts/entry/entry.ts';
import { nameOf } from '../../accounts/entry/name.ts';
import { accountId } from '../../accounts/record/account-id.ts';
import { addRefusal } from '../../accounts/record/entries.ts';
import { signedItem, signedList } from '../../accounts/review/signed.ts';
import { isoTime } from '../../core/clock.ts';
import type { Action, ActionOutcome } from '../../engine/action.ts';
import {
  type AccountContext,
  type AccountServices,
  directoriesOf,
  directorySpec,
  entryWork,
  itemOf,
  itemSchema,
} from './services.ts';

const withSchema = z.strictObject({ item: itemSchema.describe('The entry, with what is to be done to it.') });
type With = z.infer<typeof withSchema>;

const resultSchema = z.object({
  done: z.array(z.string()),
  left: z.array(z.string()).describe('What could not be done although the rest was.'),
  name: z.string().describe('Where the entry is now.'),
});

/**
 * Disables, strips, holds, grants: one entry of a directory, its old values in the record first. Incomplete when the entry is not what the plan was made for
 * any more, or could be changed in part only.
 */
export const accountChange: Action<With, AccountServices> = {
  name: 'account.change',
  title: { en: 'Change an account', 'zh-CN': '处理一个账号' },
  effect: 'write',
  withSchema,
  resultSchema,
  usesTargets: false,
  // Whatever was begun is brought to its end by doing it again: see OpenDirectory.change.
  idempotent: true,
  describe: describeEntry,
  apply: applyEntry,
};

/** Removes a held entry of a directory; what it was is in the record but for its password. */
export const accountDelete: Action<With, AccountServices> = {
  ...accountChange,
  name: 'account.delete',
  title: { en: 'Delete an account', 'zh-CN': '删除一个账号' },
  effect: 'destructive',
};

function describeEntry(args: With): string {
  const { ref, changes, evidence } = itemOf(args);
  const where = ref.name === ref.login ? [] : [`it is at ${ref.name}`];
  return [...changes.map(toDo), ...where, ...evidence].join('; ');
}

function toDo(change: Change): string {
  switch (change.do) {
    case 'disable':
      return 'disable it';
    case 'strip':
      return change.rights ? `take rights away: ${change.rights.join(', ')}` : 'take all rights away';
    case 'hold':
      return 'move it to the hold area';
    case 'delete':
      return 'delete it';
    case 'grant':
      return `give rights: ${change.rights.join(', ')}`;
    case 'update':
      return Object.entries(change.attributes)
        .map(([name, value]) => `set ${name} to ${value}`)
        .join('; ');
    case 'sessions':
      return 'end its sessions, keys, jobs and sudo rules';
  }
}

async function applyEntry(args: With, context: AccountContext): Promise<ActionOutcome> {
  const work = await entryWork(context);
  const planned = itemOf(args);
  const item = planned.byRight ? signedItem(planned, await signedList(work.facts, context.runId)) : planned;
  const directories = await directoriesOf(context);
  const end = await directories.use(directorySpec(context.plan, item.directory), context.signal, (directory) =>
    changeEntry(directory, item, work),
  );
  if (end.status === 'stopped') return { status: 'stopped', message: 'stopped before the next change' };
  const nothing = { done: [], left: [], name: item.ref.name };
  if (end.status === 'refused') {
    const at = isoTime(context.clock.nowMs());
    await addRefusal(work.facts, context.runId, accountId(item.directory, item.ref.key), at, end.reason);
    return {
      status: 'incomplete',
      result: nothing,
      message: `${nameOf(item.ref)} (${item.directory}) was left as it is: ${end.reason}`,
    };
  }
  const { done, left, name } = end;
  const result = { done, left, name };
  if (left.length === 0) return { status: 'ok', result };
  return { status: 'incomplete', result, message: `${nameOf(item.ref)} (${item.directory}): ${left.join('; ')}` };
}
