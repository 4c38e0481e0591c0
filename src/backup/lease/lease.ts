import { createHash } from 'node:crypto';
import { type Clock, isoTime } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { RandomSource } from '../../core/ids.ts';
import { type ProcessIdentity, processState } from '../../core/process-identity.ts';
import type { ObjectStore } from '../ports.ts';

/** A lease as it lies in the repository: docs/backup-format.md, section 10. */
export interface LeaseBody {
  kind: 'shared' | 'exclusive';
  purpose: string;
  host: string;
  machineId: string;
  bootId: string;
  pid: number;
  processStart: string;
  user: string;
  createdAt: string;
  expiresAt: string;
  token: string;
}

export interface LeaseOptions {
  kind: 'shared' | 'exclusive';
  /** For people: `backup`, `prune`. */
  purpose: string;
  user: string;
  identity: ProcessIdentity;
  clock: Clock;
  random: RandomSource;
  /** How long it holds when its owner, on another machine, was not heard of; renewed after a third. Default 15 min. */
  ttlMs?: number;
}

export interface Lease {
  /** Fires when the lease could not be renewed before it ran out: start nothing new. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** A lease found in a repository. */
export interface FoundLease extends LeaseBody {
  name: string;
  state: 'alive' | 'gone' | 'expired' | 'unreadable';
}

const defaultTtlMs = 15 * 60_000;
const folder = 'locks/';

/**
 * Takes a lease on one leg: any number of shared ones, or one exclusive one.
 *
 * A new object is created first, then all others are looked at: of two that start at one instant at least one sees the
 * other, because a listing shows what was put before. The higher number yields at once; the lower one waits a moment for
 * it to go. So nobody ever goes on while seeing a conflict. Age is judged by the times the store itself gives to objects.
 * A lease of a process of this machine that is gone never counts, so a killed run doesn't delay the next one.
 *
 * @throws OaopsError `lease-held` (exit 11) saying who and since when; `lease-unseen` when the storage does not list it
 */
export async function acquireLease(store: ObjectStore, options: LeaseOptions): Promise<Lease> {
  let mine = await createLease(store, options, 0);
  try {
    for (let attempt = 0; ; attempt += 1) {
      const others = await listLeases(store, options.identity, mine.name);
      if (!others.some(({ name }) => name === mine.name)) {
        // A list that does not show us need not show a rival, and a rival may not see us.
        if (attempt === 10) throw leaseUnseen(store.location);
        if ((await store.head(mine.name)) === undefined) mine = await createLease(store, options, mine.number);
        await options.clock.sleep(100);
        continue;
      }
      await forgetGone(store, others);
      const rival = others.find((other) => other.name !== mine.name && conflicts(other, options.kind));
      if (!rival) return keepAlive(store, options, mine);
      if (rival.name < mine.name || attempt === 10) throw leaseHeld(store.location, rival);
      await options.clock.sleep(100);
    }
  } catch (error) {
    await store.delete(mine.name).catch(() => undefined);
    throw error;
  }
}

/** Leases of a leg in order of their numbers. Their age is judged by the time of `reference`, the newest object, or the store. */
export async function listLeases(
  store: ObjectStore,
  identity: ProcessIdentity,
  reference?: string,
): Promise<FoundLease[]> {
  const entries: { name: string; modifiedMs: number }[] = [];
  for await (const entry of store.list(folder)) if (/^locks\/\d{10}$/.test(entry.name)) entries.push(entry);
  const nowMs = Math.max(
    entries.find((entry) => entry.name === reference)?.modifiedMs ?? (await store.serverTimeMs()),
    ...entries.map((entry) => entry.modifiedMs),
  );
  const found = await Promise.all(entries.map((entry) => readLease(store, entry, nowMs, identity)));
  return found.filter((lease) => lease !== undefined);
}

async function readLease(
  store: ObjectStore,
  entry: { name: string; modifiedMs: number },
  nowMs: number,
  identity: ProcessIdentity,
): Promise<FoundLease | undefined> {
  let body: LeaseBody;
  try {
    body = parseLease(Buffer.from(await store.get(entry.name)).toString());
  } catch (error) {
    if (error instanceof OaopsError && error.code === 'object-missing') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    // Nobody knows whose it is: it counts as somebody's for as long as a lease may last.
    const unknown = {
      machineId: '',
      bootId: '',
      pid: 0,
      processStart: '',
      user: 'unknown',
      host: 'unknown',
      token: '',
    };
    const createdAt = isoTime(entry.modifiedMs);
    const expired = nowMs - entry.modifiedMs > defaultTtlMs;
    const rest = { kind: 'exclusive' as const, purpose: 'an unreadable lease', createdAt, expiresAt: createdAt };
    return { name: entry.name, ...unknown, ...rest, state: expired ? 'expired' : 'unreadable' };
  }
  const state = processState({ ...body, hostname: body.host }, identity);
  // The owner's clock may be wrong, but not by much within the life of a lease: only the length is taken from it.
  const ttlMs = Date.parse(body.expiresAt) - Date.parse(body.createdAt);
  if (state === 'gone') return { name: entry.name, ...body, state: 'gone' };
  if (state === 'alive') return { name: entry.name, ...body, state: 'alive' };
  return { name: entry.name, ...body, state: nowMs - entry.modifiedMs > ttlMs ? 'expired' : 'alive' };
}

/** @throws SyntaxError for anything that is no lease */
function parseLease(text: string): LeaseBody {
  const body = JSON.parse(text) as Partial<LeaseBody> | null;
  const strings = [
    'purpose',
    'host',
    'machineId',
    'bootId',
    'processStart',
    'user',
    'createdAt',
    'expiresAt',
    'token',
  ] as const;
  const fine =
    body !== null &&
    typeof body === 'object' &&
    (body.kind === 'shared' || body.kind === 'exclusive') &&
    typeof body.pid === 'number' &&
    strings.every((key) => typeof body[key] === 'string') &&
    Number.isFinite(Date.parse(body.expiresAt!)) &&
    Number.isFinite(Date.parse(body.createdAt!));
  if (!fine) throw new SyntaxError('not a lease');
  return body as LeaseBody;
}

function conflicts(other: FoundLease, kind: 'shared' | 'exclusive'): boolean {
  if (other.state === 'gone' || other.state === 'expired') return false;
  return kind === 'exclusive' || other.kind === 'exclusive';
}

/** Leases of dead processes of this machine are ours to take away; without the right to delete they just stay. */
async function forgetGone(store: ObjectStore, leases: FoundLease[]): Promise<void> {
  for (const { name, state } of leases) {
    if (state === 'gone') await store.delete(name).catch(() => undefined);
  }
}

async function createLease(
  store: ObjectStore,
  options: LeaseOptions,
  above: number,
): Promise<{ name: string; number: number }> {
  const { identity, clock, kind, purpose, user } = options;
  let highest = above;
  for await (const { name } of store.list(folder))
    highest = Math.max(highest, Number(/^locks\/(\d{10})$/.exec(name)?.[1] ?? 0));
  const nowMs = clock.nowMs();
  const body: LeaseBody = {
    kind,
    purpose,
    host: identity.hostname,
    machineId: identity.machineId,
    bootId: identity.bootId,
    pid: identity.pid,
    processStart: identity.processStart,
    user,
    createdAt: isoTime(nowMs),
    expiresAt: isoTime(nowMs + (options.ttlMs ?? defaultTtlMs)),
    token: Buffer.from(options.random(16)).toString('hex'),
  };
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  for (;;) {
    // A random gap keeps two writers apart where the store can't refuse a taken name.
    highest = (highest + 1 + Buffer.from(options.random(2)).readUInt16BE()) % 10_000_000_000;
    const name = `${folder}${String(highest).padStart(10, '0')}`;
    if (await putOwn(store, name, bytes, sha256)) return { name, number: highest };
  }
}

/** True when the object at `name` is now this one, also when the answer to a first, successful try was lost. */
async function putOwn(store: ObjectStore, name: string, bytes: Buffer, sha256: string): Promise<boolean> {
  try {
    const outcome = await store.put(name, { bytes }, { sha256, sizeBytes: bytes.length });
    if (outcome === 'stored') return true;
    return Buffer.compare(Buffer.from(await store.get(name)), bytes) === 0;
  } catch (error) {
    const taken = error instanceof OaopsError && ['object-conflict', 'object-missing'].includes(error.code);
    if (taken) return false;
    throw error;
  }
}

/** Renewal makes the new lease before it takes the old one away: there is no moment without one. */
function keepAlive(store: ObjectStore, options: LeaseOptions, first: { name: string; number: number }): Lease {
  const ttlMs = options.ttlMs ?? defaultTtlMs;
  const lost = new AbortController();
  let current = first;
  let renewedAt = options.clock.monotonicMs();
  let renewing: Promise<void> = Promise.resolve();
  let released = false;

  const renew = async () => {
    const startedAt = options.clock.monotonicMs();
    // One that waited behind a slow one finds the work done.
    if (released || startedAt - renewedAt <= ttlMs / 3) return;
    try {
      const next = await createLease(store, options, current.number);
      const old = current;
      current = next;
      renewedAt = startedAt;
      await store.delete(old.name).catch(() => undefined);
    } catch {
      // Tried again at the next tick; `lost` tells when it is too late.
    }
  };
  const timer = setInterval(
    () => {
      if (released) return;
      const age = options.clock.monotonicMs() - renewedAt;
      // Stop before others may think that we are gone.
      if (age > ttlMs * 0.9)
        lost.abort(new OaopsError('lease-lost', `the lease on ${store.location} could not be renewed`));
      if (age > ttlMs / 3) renewing = renewing.then(renew);
    },
    Math.max(50, ttlMs / 20),
  );
  timer.unref();

  return {
    lost: lost.signal,
    async release() {
      if (released) return;
      released = true;
      clearInterval(timer);
      await renewing;
      await store.delete(current.name).catch(() => undefined);
    },
  };
}

function leaseUnseen(location: string): OaopsError {
  return new OaopsError('lease-unseen', `${location} does not list the lease that was stored there a moment ago`, {
    next: 'Run "oaops backup doctor": where lists are late, or objects get lost, hosts cannot be kept apart.',
  });
}

/** Exit 11: who, and since when. */
export function leaseHeld(location: string, other: FoundLease): OaopsError {
  const { host, pid, user, purpose, createdAt, expiresAt, name } = other;
  return new OaopsError(
    'lease-held',
    `${location} is in use: ${purpose} by ${user} on ${host} (pid ${pid}) since ${createdAt}`,
    {
      exitCode: ExitCode.lockHeld,
      next: `Wait for it to end; if ${host} is gone for good, the lease runs out by itself.`,
      details: { lease: name, host, pid, user, purpose, since: createdAt, expiresAt },
    },
  );
}
