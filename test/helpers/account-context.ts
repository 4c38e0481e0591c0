import { AccountAudits } from '../../src/accounts/audit/audit.ts';
import type { OpenDirectory } from '../../src/accounts/directory.ts';
import type { EntryItem } from '../../src/accounts/entry/entry.ts';
import { seenOf } from '../../src/accounts/plan/seen.ts';
import type { AccountDoors } from '../../src/accounts/ports.ts';
import { type Company, companySchema } from '../../src/accounts/schema/spec.ts';
import type { AccountContext } from '../../src/actions/account/services.ts';
import { usageError } from '../../src/core/errors.ts';
import type { Delivery, Notice } from '../../src/notify/notifier.ts';
import type { FactStore } from '../../src/record/types.ts';
import { accountOf, MemoryDirectory, type MemoryEntry } from './memory-directory.ts';
import { memoryFacts } from './probe.ts';

export const nowMs = Date.parse('2026-11-30T04:00:00Z');

/** Files of a company: a roster and a list of accounts. */
export const files = (): Record<string, string> => ({
  '/roster.csv': 'id,name,login,department,status,endsOn\nE1,Li,li,IT,active,\nE2,Zhang,zhang,IT,left,2026-10-31\n',
  '/mem.csv':
    'key,login,employee,enabled,last_used_at\nk1,zhang,E2,1,2026-11-20 08:00:00\nk2,li,E1,1,2026-11-20 08:00:00\n',
});

export function companyOf(over: Record<string, unknown> = {}): Company {
  return companySchema.parse({
    sources: [{ id: 'hr', type: 'csv', file: '/roster.csv' }],
    directories: [{ id: 'mem', type: 'csv', file: '/mem.csv' }],
    ...over,
  });
}

export const zhang: MemoryEntry = {
  login: 'zhang',
  enabled: true,
  rights: ['a', 'b'],
  place: 'people',
  employee: 'E2',
};

export function itemOf(over: Partial<EntryItem> = {}): EntryItem {
  return {
    line: 'l1',
    directory: 'mem',
    ref: { key: 'k1', name: 'people/zhang', login: 'zhang' },
    changes: [{ do: 'disable' }, { do: 'strip' }],
    seen: seenOf(accountOf('k1', zhang)),
    findings: ['leaver'],
    evidence: ['left on 2026-10-31'],
    person: 'E2',
    department: 'IT',
    ...over,
  };
}

export interface ContextOptions {
  company?: Company;
  items?: EntryItem[];
  directory?: OpenDirectory;
  facts?: FactStore;
  files?: Record<string, string>;
  nowMs?: number;
  stopping?: AbortSignal;
  firstWaitedAtMs?: number;
  /** What becomes of a notice. */
  send?: (message: Notice) => Omit<Delivery, 'channel'>;
}

/** What an action of accounts is given, with a directory in memory and files in memory. */
export function accountContext(options: ContextOptions = {}) {
  const facts = options.facts ?? memoryFacts();
  const company = options.company ?? companyOf();
  const directory = options.directory ?? new MemoryDirectory();
  const given = options.files ?? files();
  const time = options.nowMs ?? nowMs;
  const sent: Notice[] = [];
  const doors = {
    facts: async () => facts,
    readFile: async (path: string) => {
      const text = given[path];
      if (text === undefined) throw usageError('file-unreadable', `${path} cannot be read (ENOENT)`);
      return { bytes: Buffer.from(text), modifiedMs: time };
    },
    nowMs: () => time,
    timeZone: 'UTC',
    baseDir: '/',
  } as unknown as AccountDoors;
  const { signal } = new AbortController();
  const context = {
    runId: 'r1',
    plan: {
      runbook: { name: 'review' },
      createdAt: new Date(nowMs).toISOString(),
      inventory: { hosts: [] },
      steps: [
        { uses: 'account.audit', units: [{ with: { company } }] },
        { uses: 'account.change', units: (options.items ?? []).map((item) => ({ item, with: { item } })) },
      ],
    },
    services: {
      facts: async () => facts,
      notifier: async () => ({
        send: async (_channels: string[], message: Notice) => {
          sent.push(message);
          return [options.send?.(message) ?? { status: 'sent' }];
        },
      }),
      accounts: {
        doors: async () => doors,
        directories: () => ({
          use: (_spec: unknown, _signal: unknown, work: (one: OpenDirectory) => Promise<unknown>) => work(directory),
        }),
        audits: new AccountAudits(),
      },
    },
    clock: { nowMs: () => time },
    stopping: options.stopping ?? signal,
    signal,
    progress: () => {},
    firstWaitedAtMs: async () => options.firstWaitedAtMs,
  } as unknown as AccountContext;
  return { context, facts, sent, directory };
}
