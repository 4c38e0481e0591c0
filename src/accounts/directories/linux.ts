import { asNotBegun, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import type { EntryRef, Image, OpenDirectory, Restored } from '../directory.ts';
import type { Account, PolicyRow } from '../model.ts';
import type { AccountDoors } from '../ports.ts';
import { clockOff } from './clock.ts';
import { accountsOf, type LinuxSpec, modelOf, untouchableOf } from './linux/accounts.ts';
import { changeAccount } from './linux/change.ts';
import { createAccount } from './linux/create.ts';
import { type HostState, type LocalAccount, readHostState } from './linux/host-state.ts';
import { imageOf, type LinuxImage, readImage } from './linux/image.ts';
import { policyRows } from './linux/policy.ts';
import { policyScript } from './linux/policy-script.ts';
import { lookScript, readScript } from './linux/read-script.ts';
import { recreate } from './linux/recreate.ts';
import { restoreAccount } from './linux/restore.ts';
import { type Asking, askScript } from './linux/shell.ts';

/** Hosts that are asked side by side. */
const width = 20;

/**
 * The local accounts of many hosts as one directory: keys are `host:login`. Accounts of LDAP or sssd are not local and not in it.
 * @throws OaopsError `target-unknown` (exit 2)
 */
export async function openLinux(spec: LinuxSpec, doors: AccountDoors, signal: AbortSignal): Promise<OpenDirectory> {
  signal.throwIfAborted();
  const names = [...new Set(doors.hostNames([spec.targets].flat()))];

  const ask = async (name: string, during: AbortSignal): Promise<Asking> => {
    const host = await doors.host(name, during);
    const become = spec.become ?? host.target.become;
    const isThere = host.target.connection === 'ssh' && host.target.user === 'root' && become?.user === 'root';
    return { host, become: isThere ? undefined : become, timeoutMs: spec.timeout };
  };
  const stateOf = async (asking: Asking, login: string, during: AbortSignal): Promise<HostState> => {
    const { name, user } = asking.host.target;
    const lines = await askScript(asking, login === '' ? readScript : lookScript, [login], during);
    return readHostState(lines, name, user);
  };
  /** The account now; undefined: there is none of this login. */
  const find = async (entry: EntryRef, during: AbortSignal) => {
    const { host, login } = placeOf(entry, names);
    const asking = await ask(host, during);
    const state = await stateOf(asking, login, during);
    return { asking, host, login, state, account: state.accounts.get(login) };
  };
  const everywhere = async <T>(work: (name: string) => Promise<T>, during: AbortSignal) => {
    const results = await pooled(names, width, async (name) => {
      try {
        return { name, value: await work(name) };
      } catch (error) {
        during.throwIfAborted();
        return { name, reason: messageOf(error) };
      }
    });
    const problems = results.flatMap((one) => ('reason' in one ? [notAnswered(one.name, one.reason!)] : []));
    if (problems.length === names.length)
      throw new OaopsError(
        'directory-unreachable',
        `no host of the directory ${spec.id} answered: ${problems[0] ?? 'there is none'}`,
        {
          exitCode: 3,
          next: 'Try "oaops host ping", and look whether "become" is needed.',
        },
      );
    return { values: results.flatMap((one) => ('value' in one ? [one.value as T] : [])), problems };
  };

  return {
    can: new Set(['disable', 'strip', 'delete', 'grant', 'update', 'sessions', 'create']),

    async read(during) {
      const { values, problems } = await everywhere(
        async (name): Promise<{ accounts: Account[]; problems: string[] }> => {
          const state = await stateOf(await ask(name, during), '', during);
          if (state.accounts.size === 0)
            throw new OaopsError('account-host-silent', `${name} told no account at all`, { exitCode: 3 });
          const off = clockOff(state.clockMs, doors.nowMs());
          return {
            accounts: accountsOf(state, name, spec, doors.nowMs()),
            problems: [
              ...state.problems,
              ...(off === undefined ? [] : [`${name}: ${off}: last uses are not known`]),
              ...(state.lacks.length > 0
                ? [`${name} has no ${state.lacks.join(', ')}: its accounts are only looked at`]
                : []),
            ],
          };
        },
        during,
      );
      return {
        accounts: values.flatMap(({ accounts }) => accounts),
        problems: [...problems, ...values.flatMap((value) => value.problems)],
      };
    },

    async look(entry, during) {
      const { host, state, account } = await find(entry, during);
      if (!account) return undefined;
      return {
        account: modelOf(state, account, host, spec, doors.nowMs()),
        image: imageOf(state, account) as unknown as Image,
      };
    },

    async change(entry, change, image, during) {
      const { asking, state, account } = await find(entry, during).catch((error: object) => {
        throw asNotBegun(error);
      });
      const before = readImage(image);
      if (!account && change.do === 'delete') return { done: [], left: [], mark: { deleted: true }, name: entry.name };
      if (!account)
        throw asNotBegun(new OaopsError('account-gone', `${entry.key} is gone`, { next: 'Run the audit again.' }));
      assertSame(entry, account, before.uid);
      const forbidden = untouchableOf(state, account);
      if (forbidden !== undefined)
        throw asNotBegun(
          new OaopsError('account-untouchable', `${entry.key} is not touched: ${forbidden}`, { exitCode: 4 }),
        );
      const subject = { asking, name: entry.key, state, account, image: before, nowMs: doors.nowMs() };
      return changeAccount(subject, change, during);
    },

    async restore(entry, image, marks, during) {
      const before = readImage(image);
      let found = await find(entry, during);
      const result: Restored = { done: [], conflicts: [] };
      const isDeleted = marks.some(({ change }) => change.do === 'delete');
      if (!found.account) {
        if (!isDeleted) return { done: [], conflicts: [`${entry.key} is gone: nothing was put back`] };
        const made = await recreate(found.asking, { login: found.login, state: found.state, image: before }, during);
        result.done.push(...made.done);
        result.conflicts.push(...made.conflicts);
        found = await find(entry, during);
        if (!found.account) return result;
      }
      const { asking, state, account } = found;
      if (account!.uid !== before.uid)
        return {
          done: [],
          conflicts: [`${entry.key} has uid ${account!.uid} now, and had ${before.uid}: it is another account`],
        };
      // Groups went with the account, whatever was planned for them.
      const all = isDeleted ? [{ change: { do: 'strip' } as const, mark: groupsOnly(before) }, ...marks] : marks;
      const subject = { asking, name: entry.key, state, account: account!, image: before, nowMs: doors.nowMs() };
      const back = await restoreAccount(subject, all, during);
      return {
        done: [...result.done, ...back.done],
        conflicts: [...new Set([...result.conflicts, ...back.conflicts])],
      };
    },

    async create(account, during) {
      const host = account.attributes['host'] ?? (names.length === 1 ? names[0]! : undefined);
      if (host === undefined || !names.includes(host))
        throw usageError(
          'account-host-missing',
          host === undefined
            ? 'it is not said on which host the account is made'
            : `${host} is no host of the directory`,
          { next: `Give the attribute "host": one of ${names.slice(0, 10).join(', ')}.` },
        );
      await createAccount(await ask(host, during), spec, account, during);
      const key = `${host}:${account.login}`;
      return { key, name: key, login: account.login };
    },

    async policy(during) {
      const { values, problems } = await everywhere(
        async (name) => policyRows(await askScript(await ask(name, during), policyScript, [], during), name, spec),
        during,
      );
      const unknown = problems.map(
        (problem): PolicyRow => ({
          directory: spec.id,
          scope: problem.slice(0, problem.indexOf(':')),
          rule: 'unknown',
          value: null,
          from: problem,
        }),
      );
      return [...values.flat(), ...unknown];
    },

    async close() {},
  };
}

function notAnswered(host: string, reason: string): string {
  return reason.startsWith(`${host}: `) ? reason : `${host}: ${reason}`;
}

/** @throws OaopsError `account-key-strange` (exit 2) */
function placeOf({ key }: EntryRef, names: readonly string[]): { host: string; login: string } {
  // Names of hosts may hold colons (IPv6); logins cannot.
  const at = key.lastIndexOf(':');
  const host = key.slice(0, at);
  if (at <= 0 || !names.includes(host))
    throw usageError('account-key-strange', `${key} is on no host of the directory`, {
      next: 'Look whether the host is still in the inventory and in "targets".',
    });
  return { host, login: key.slice(at + 1) };
}

/** @throws OaopsError `account-changed` (exit 4) */
function assertSame(entry: EntryRef, account: LocalAccount, uid: number): void {
  if (account.uid === uid) return;
  const message = `${entry.key} has uid ${account.uid} now, and had ${uid}: it is another account`;
  throw asNotBegun(new OaopsError('account-changed', message, { exitCode: 4, next: 'Run the audit again.' }));
}

function groupsOnly({ groups, administers = [] }: Pick<LinuxImage, 'groups' | 'administers'>): Image {
  return { groups: groups.map(({ name }) => name), sudoers: [], administers: administers.map(({ name }) => name) };
}

async function pooled<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}
