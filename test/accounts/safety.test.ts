import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Protection } from '../../src/accounts/company/protection.ts';
import type { ChangeName } from '../../src/accounts/directory.ts';
import type { Account } from '../../src/accounts/model.ts';
import { type ChangePlan, planChanges } from '../../src/accounts/plan/changes.ts';
import type { HeldFact } from '../../src/accounts/record/held.ts';
import { cleanupSchema, protectedSchema } from '../../src/accounts/schema/rules.ts';
import type { SourceRead } from '../../src/accounts/source.ts';
import { account, dayMs, directory, judgeWorld, nowMs, person, source } from './judging.ts';

/** What must hold whatever sources and directories say. fast-check prints the seed and the smallest case of a failure. */

type SourcePerson = SourceRead['people'][number];
type Sources = (SourceRead | { id: string; error: unknown })[];

interface World {
  sources: SourceRead[];
  accounts: Account[];
  held: HeldFact[];
  judgedBy: string[] | undefined;
  confirmed: Map<string, string>;
}

const few = fc.constantFrom('1', '2', '3', '4');
const word = fc.constantFrom('a', 'b', 'c', 'A', 'ａ', '');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const seldom = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
/** Days before now; some of them have yet to come. */
const moment = fc.integer({ min: -20, max: 400 }).map((days) => nowMs - days * dayMs);
const day = fc.constantFrom('2025-12-31', '2026-10-31', '2026-11-29', '2026-12-31');

const people = fc.uniqueArray(
  fc.record({
    id: few,
    facts: fc.record({ login: maybe(word), mail: seldom(word), name: maybe(word), department: maybe(word) }),
    employment: fc.constantFrom('active', 'future', 'left', 'left', 'left', 'unclear'),
    endsOn: seldom(day),
  }),
  { selector: ({ id }) => id, maxLength: 4 },
);

const lastUse: fc.Arbitrary<Account['lastUse']> = fc.oneof(
  moment.map((at) => ({ at, from: 'x' })),
  moment.map((at) => ({ at, from: 'x', orBefore: true as const })),
  fc.constant({ never: true as const, from: 'x' }),
  fc.constant({ unknown: 'no log' }),
);

const accounts = fc.uniqueArray(
  fc.record({
    key: fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5', 'k6'),
    login: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'root', 'test', 'svc'),
    employee: seldom(few),
    mail: seldom(word),
    personName: maybe(word),
    department: maybe(word),
    state: fc.constantFrom('enabled', 'disabled', 'unknown'),
    held: fc.boolean(),
    createdAt: maybe(moment),
    expiresAt: seldom(moment),
    lastUse,
    untouchable: seldom(fc.constant('adminCount is 1')),
    rights: fc.constantFrom([], ['staff'], ['staff'], ['board', 'staff']),
    heldSince: maybe(moment),
    confirmed: seldom(few),
  }),
  { selector: ({ key }) => key, maxLength: 6 },
);

const worlds: fc.Arbitrary<World> = fc
  .record({
    sources: fc.array(fc.record({ people, complete: fc.boolean(), asOf: maybe(day) }), { minLength: 1, maxLength: 3 }),
    accounts,
    judgedBy: maybe(fc.subarray(['s0', 's1'], { minLength: 1 })),
  })
  .map(({ sources, accounts: entries, judgedBy }) => ({
    sources: sources.map((one, index) =>
      source(
        one.people.map(({ id, facts, employment, endsOn }) => {
          const known = { ...facts, ...(endsOn === undefined ? {} : { endsOn }) };
          return person(id, { ...without(known), source: `s${index}`, employment, where: `s${index}.csv:${id}` });
        }),
        { id: `s${index}`, complete: one.complete, ...(one.asOf === undefined ? {} : { asOf: one.asOf }) },
      ),
    ),
    accounts: entries.map(({ heldSince: _, confirmed: __, ...entry }) => account(entry.login, without(entry))),
    held: entries.flatMap(({ key, login, heldSince }) =>
      heldSince === undefined
        ? []
        : [
            {
              directory: 'ldap',
              key,
              login,
              name: key,
              run: 'earlier',
              since: new Date(heldSince).toISOString(),
              state: 'held' as const,
              findings: ['leaver' as const, 'orphan' as const],
            },
          ],
    ),
    confirmed: new Map(
      entries.flatMap(({ key, confirmed }) => (confirmed === undefined ? [] : [[`ldap|${key}`, confirmed] as const])),
    ),
    judgedBy,
  }));

function without<T extends object>(facts: T): Partial<SourcePerson & Account> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

const finding = ['leaver', 'dormant', 'never-used', 'orphan', 'duplicate', 'default-account', 'expired-temporary'];
const rulesOf = (types: string[]) =>
  cleanupSchema.parse({ rules: types.map((type) => ({ finding: type, deleteAfter: '30d' })) }).rules;
const can = new Set<ChangeName>(['disable', 'strip', 'hold', 'delete']);
const list = protectedSchema.parse([
  { group: 'board', reason: 'the board' },
  { account: 'c', reason: 'still needed' },
]);

function planOf(world: World, sources: Sources = world.sources, types = finding): ChangePlan {
  const { findings, accounts: judged } = judgeWorld({
    sources,
    accounts: world.accounts,
    confirmed: world.confirmed,
    spec: directory({ service: ['svc'], ...(world.judgedBy ? { judgedBy: world.judgedBy } : {}) }),
    matching: { by: ['employee', 'mail', 'login', 'name+department'] },
  });
  return planChanges({
    findings,
    accounts: judged,
    directories: [{ id: 'ldap', can }],
    rules: rulesOf(types),
    held: world.held,
    protection: new Protection(list, { names: [] }),
    run: 'now',
    nowMs,
  });
}

const keys = (planned: readonly { ref: { key: string } }[]) => planned.map(({ ref }) => ref.key);
const runs = { numRuns: 500 };

describe('whatever the sources and directories say', () => {
  it('nobody who is employed loses an account for having left, or for being nobody', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { changes, deletions } = planOf(world, world.sources, ['leaver', 'orphan']);
        const judging = world.sources.filter(({ id }) => world.judgedBy?.includes(id) ?? true);
        for (const { ref, person: id } of [...changes, ...deletions]) {
          const said = judging.flatMap((one) => one.people).filter((one) => one.employment !== 'left');
          const entry = world.accounts.find(({ key }) => key === ref.key)!;
          // By what the account is found, written out anew: none of it names somebody who is still there.
          const names = (one: SourcePerson) =>
            one.id === id ||
            one.id === entry.employee ||
            one.id === world.confirmed.get(`ldap|${entry.key}`) ||
            [
              [one.login, entry.login],
              [one.mail, entry.mail],
            ].some(([a, b]) => a && b && a.normalize('NFKC').toLowerCase() === b.normalize('NFKC').toLowerCase());
          expect(said.filter(names)).toEqual([]);
        }
      }),
      runs,
    );
  });

  it('a source that failed adds no change, no deletion and no question', () => {
    fc.assert(
      fc.property(worlds, fc.nat(2), (world, index) => {
        const failed: Sources = world.sources.map((one, at) =>
          at === index % world.sources.length ? { id: one.id, error: new Error('down') } : one,
        );
        const [whole, part] = [planOf(world), planOf(world, failed)];
        for (const kind of ['changes', 'deletions', 'toConfirm'] as const) {
          const before = new Map(whole[kind].map((one) => [one.ref.key, one]));
          // What was only a question before must not become a change either.
          for (const { ref, findings } of part[kind])
            expect(before.get(ref.key)?.findings).toEqual(expect.arrayContaining(findings));
        }
      }),
      runs,
    );
  });

  it('what is protected is never changed, asked about or deleted', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { changes, deletions, toConfirm } = planOf(world);
        for (const key of keys([...changes, ...deletions, ...toConfirm])) {
          const entry = world.accounts.find((one) => one.key === key)!;
          expect(entry.untouchable).toBeUndefined();
          expect(['root', 'c', 'svc']).not.toContain(entry.login);
          expect(entry.rights).not.toContain('board');
        }
      }),
      runs,
    );
  });

  it('no account is disabled and deleted by one plan, and nothing is deleted that is not disabled and held', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { changes, deletions, toConfirm } = planOf(world);
        const deleted = new Set(keys(deletions));
        expect(keys([...changes, ...toConfirm]).filter((key) => deleted.has(key))).toEqual([]);
        for (const { changes: steps } of [...changes, ...toConfirm])
          expect(steps.map((one) => one.do)).not.toContain('delete');
        for (const key of deleted) {
          const entry = world.accounts.find((one) => one.key === key)!;
          const since = Date.parse(world.held.find((one) => one.key === key)!.since);
          expect(entry).toMatchObject({ state: 'disabled', held: true });
          expect(nowMs - since).toBeGreaterThanOrEqual(30 * dayMs);
        }
      }),
      runs,
    );
  });

  it('the order of rows changes nothing', () => {
    fc.assert(
      fc.property(worlds, fc.infiniteStream(fc.nat()), (world, random) => {
        const shuffled = <T>(rows: readonly T[]): T[] =>
          rows
            .map((row) => [random.next().value as number, row] as const)
            .sort(([a], [b]) => a - b)
            .map(([, row]) => row);
        const other: World = {
          ...world,
          sources: world.sources.map((one) => ({ ...one, people: shuffled(one.people) })),
          accounts: shuffled(world.accounts),
          held: shuffled(world.held),
        };
        expect(planOf(other)).toEqual(planOf(world));
      }),
      runs,
    );
  });

  it('the worlds are such that something is changed, asked, deleted and spared', () => {
    const seen = { changes: 0, deletions: 0, toConfirm: 0, spared: 0 };
    for (const world of fc.sample(worlds, { seed: 1, numRuns: 4000 })) {
      const plan = planOf(world);
      for (const kind of ['changes', 'deletions', 'toConfirm', 'spared'] as const) seen[kind] += plan[kind].length;
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(3);
  });
});
