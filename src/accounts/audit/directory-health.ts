import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { digestOf } from '../../core/json.ts';
import type { FactStore } from '../../record/types.ts';
import type { DirectoryRead } from '../model.ts';
import { heldAccounts } from '../record/held.ts';
import { type DirectorySpec, usualMaxShrink } from '../schema/directories.ts';

const topic = 'accounts.directory';

/** By what accounts find their people: where it is hidden, those of employed people are strangers. */
const telling = ['employee', 'mail'] as const;
const atLeast = 3;

/** What is remembered of a reading of a directory. */
interface Accepted {
  /** What was asked for; another question has another answer. */
  asked: string;
  accounts: number;
  /** How many accounts show each. */
  filled: Record<(typeof telling)[number], number>;
  /** How many hold a right. */
  holders: number;
}

export interface DirectoryMeasure {
  id: string;
  accepted: Accepted;
}

export function directoryMeasure(spec: DirectorySpec, { accounts }: DirectoryRead): DirectoryMeasure {
  const filled = { employee: 0, mail: 0 };
  let holders = 0;
  for (const account of accounts) {
    for (const field of telling) if (account[field] !== undefined) filled[field]++;
    if (account.rights.length > 0) holders++;
  }
  return { id: spec.id, accepted: { asked: questionOf(spec), accounts: accounts.length, filled, holders } };
}

/** Remembers what a run has read: the next reading is measured against it. @param at ISO 8601 in UTC */
export async function acceptDirectory(facts: FactStore, { id, accepted }: DirectoryMeasure, at: string): Promise<void> {
  await facts.add(topic, id, at, accepted);
}

/**
 * A login whose rights were cut reads a part with success: whoever has left keeps what lies in the rest, and nobody hears of it. What oaops has deleted
 * itself is not missed. Hosts tell their accounts whole, or that they could not.
 * @throws OaopsError `directory-shrank` (exit 4)
 */
export async function requireWholeDirectory(facts: FactStore, spec: DirectorySpec, read: DirectoryRead): Promise<void> {
  if (spec.type === 'linux') return;
  const [last] = await facts.list(topic, { key: spec.id, newestFirst: true, limit: 1 });
  if (!last) return;
  const before = last.body as Accepted;
  const now = directoryMeasure(spec, read).accepted;
  if (before.asked !== now.asked) return;
  const day = last.at.slice(0, 10);
  // A plan that was signed before an update may say nothing of it.
  const { maxShrink = usualMaxShrink } = spec as Partial<DirectorySpec>;
  const share = Number.parseInt(maxShrink, 10) / 100;
  const lost = (count: number, of: number) => count > Math.max(atLeast, of * share);
  const missing = before.accounts - now.accounts;
  let gone: number | undefined;
  const deleted = async () => (gone ??= await deletedSince(facts, spec.id, last.at));
  if (lost(missing, before.accounts) && lost(missing - (await deleted()), before.accounts))
    throw shrank(
      `the directory "${spec.id}" shows ${now.accounts} accounts, and ${before.accounts} on ${day}: more than ${maxShrink} fewer`,
    );
  for (const field of telling) {
    const of = before.filled[field];
    // Accounts that are gone, which was believed above, may all have shown it.
    const hidden = of - now.filled[field] - Math.max(0, missing);
    if (lost(hidden, of) && lost(of - now.filled[field] - (await deleted()), of))
      throw shrank(
        `${now.filled[field]} accounts of the directory "${spec.id}" show ${field}, and ${of} on ${day}: more than ${maxShrink} fewer`,
      );
  }
  // Rights are taken away on purpose, too; but not all of all.
  if (now.holders === 0 && before.holders > atLeast && share < 1)
    throw shrank(
      `no account of the directory "${spec.id}" shows a right, and ${before.holders} held some on ${day}: its groups may be hidden`,
      'Look whether the login may still read everything. If it is right, set "maxShrink" of the directory to 100% for one run.',
    );
}

function shrank(
  message: string,
  next = 'Look whether the login may still read everything. If it is right, raise "maxShrink" of the directory for one run.',
): OaopsError {
  return new OaopsError('directory-shrank', message, { exitCode: ExitCode.refused, next });
}

async function deletedSince(facts: FactStore, directory: string, at: string): Promise<number> {
  const held = await heldAccounts(facts);
  return held.filter((one) => one.directory === directory && one.state === 'deleted' && one.since >= at).length;
}

function questionOf(spec: DirectorySpec): string {
  const { base, scope, filter, holdBase, accounts } = spec as Record<string, unknown>;
  return digestOf({ type: spec.type, base, scope, filter, holdBase, accounts });
}
