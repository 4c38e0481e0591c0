import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/engine/plan/plan-types.ts';
import { assemble, type InspectionReport, isBad, reportFact, verdictOf } from '../../src/inspect/assemble.ts';
import {
  addReport,
  addWaiver,
  hostCheck,
  previousOf,
  type ReportFact,
  reportsOf,
  type Verdict,
  type Waiver,
  waiversOf,
} from '../../src/inspect/record.ts';
import { type CheckResult, type CheckState, checkStates } from '../../src/inspect/types.ts';
import { memoryFacts } from '../helpers/probe.ts';
import { randomOf } from '../helpers/random-tree.ts';

interface Planned {
  id: string;
  hosts?: string[];
  needs?: string[];
  type?: string;
  severity?: string;
  section?: string;
}

/** A stored plan, as far as a report reads it. */
function planOf(checks: Planned[], waivers: Waiver[] = []): Plan {
  const sections = [...Map.groupBy(checks, ({ section }) => section ?? 's')].map(([id, of]) => ({
    id,
    title: { en: id },
    checks: of.map(({ id: check, type = 'disk', severity = 'major', needs = [] }) => ({
      id: check,
      name: { en: check },
      type,
      severity,
      needs,
    })),
  }));
  const steps = checks.map(({ id, hosts = ['web1'], type }) => ({
    uses: type === 'manual' ? 'inspect.sign' : 'inspect.collect',
    units: hosts.map((target) => ({ target, with: type === 'manual' ? { check: id } : { checks: [{ id }] } })),
  }));
  const judge = { uses: 'inspect.judge', units: [{ target: 'localhost', with: { sections, waivers } }] };
  const runbook = { name: 'daily', version: '1.2.0', title: { en: 'Daily' } };
  return { runbook, steps: [...steps, judge], limit: [] } as unknown as Plan;
}

function result(check: string, state: CheckState, host = 'web1', more: Partial<CheckResult> = {}): CheckResult {
  return {
    check,
    section: 's',
    type: 'disk',
    host,
    state,
    message: `${check} is ${state}`,
    measures: [],
    details: [],
    ...more,
  };
}

const base = {
  run: 'run-2',
  at: '2026-11-30T06:00:00.000Z',
  today: '2026-11-30',
  waivers: [] as Waiver[],
  previous: undefined as ReportFact | undefined,
  under: false,
};
const report = (
  checks: Planned[],
  found: CheckResult[],
  context: Partial<typeof base> & { written?: Waiver[] } = {},
) => {
  const { written, ...rest } = context;
  return assemble(planOf(checks, written), found, { ...base, ...rest });
};
const states = ({ sections }: InspectionReport) =>
  sections.flatMap(({ results }) => results.map(({ check, host, state }) => `${check}@${host} ${state}`));

describe('a verdict', () => {
  test.each<[Verdict, CheckState[]]>([
    ['pass', ['pass', 'manual-passed', 'skipped', 'not-applicable', 'waived']],
    ['warn', ['pass', 'warn', 'waived']],
    ['pending', ['pass', 'warn', 'manual-pending']],
    ['error', ['pass', 'manual-pending', 'error']],
    ['fail', ['pass', 'error', 'manual-pending', 'fail']],
    ['fail', ['manual-failed', 'pass']],
    ['pass', ['waived']],
    // Nothing was judged: that is no pass.
    ['error', ['skipped', 'not-applicable']],
    ['error', []],
  ])('is %s for %j', (verdict, of) => {
    const made = report(
      of.map((_, index) => ({ id: `c${index}` })),
      of.map((state, index) => result(`c${index}`, state)),
    );
    expect(made.verdict).toBe(verdict);
    expect(made.complete).toBe(!of.includes('manual-pending'));
  });

  test('is the worst of what was found, whatever else was (at random)', () => {
    const seed = Number(process.env['OAOPS_TEST_SEED'] ?? Date.now() % 2 ** 31);
    console.log(`seed ${seed}: repeat with OAOPS_TEST_SEED=${seed}`);
    const random = randomOf(seed);
    // From the best to the worst; the first two judge nothing.
    const order: [CheckState[], Verdict][] = [
      [['skipped', 'not-applicable'], 'error'],
      [['pass', 'manual-passed', 'waived'], 'pass'],
      [['warn'], 'warn'],
      [['manual-pending'], 'pending'],
      [['error'], 'error'],
      [['fail', 'manual-failed'], 'fail'],
    ];
    for (let round = 0; round < 2000; round++) {
      const of = Array.from(
        { length: Math.floor(random() * 6) },
        () => checkStates[Math.floor(random() * checkStates.length)]!,
      );
      const counts = Object.fromEntries(checkStates.map((state) => [state, of.filter((one) => one === state).length]));
      const worst = order.findLast(([group]) => of.some((state) => group.includes(state)))?.[1] ?? 'error';
      expect([of, verdictOf(counts as Record<CheckState, number>)]).toEqual([of, worst]);
    }
  });
});

describe('what is missing', () => {
  const checks = [{ id: 'disk' }, { id: 'load' }, { id: 'walk', type: 'manual' }];

  test('was not asked, which is an error, or waits for its person', () => {
    const made = report(checks, [result('disk', 'pass')]);
    expect(states(made)).toEqual(['load@web1 error', 'walk@web1 manual-pending', 'disk@web1 pass']);
    expect(made).toMatchObject({ verdict: 'error', complete: false });
  });

  test('may yet come while the run goes on: no pass, and nothing that has failed', () => {
    const made = report([checks[0]!, checks[1]!], [result('disk', 'pass')], { under: true });
    expect(states(made)).toEqual(['load@web1 skipped', 'disk@web1 pass']);
    expect(made).toMatchObject({ verdict: 'pending', complete: false });
    expect(report([checks[0]!], [], { under: true })).toMatchObject({ verdict: 'pending', complete: false });
    expect(report([checks[0]!, checks[1]!], [result('disk', 'fail')], { under: true }).verdict).toBe('fail');
    expect(report([checks[0]!], [result('disk', 'pass')], { under: true }).verdict).toBe('pass');
  });

  test('and what nobody has planned, is not counted', () => {
    const made = report(
      [{ id: 'disk' }],
      [result('disk', 'pass'), result('gone', 'fail'), result('disk', 'fail', 'web9')],
    );
    expect(states(made)).toEqual(['disk@web1 pass']);
  });
});

describe('a host that could not be asked', () => {
  test('stands first, as one critical failure of its section', () => {
    const hosts = ['web1', 'web2'];
    const made = report(
      [
        { id: 'disk', hosts },
        { id: 'load', hosts, section: 't' },
      ],
      [
        result(hostCheck, 'fail', 'web1', { type: hostCheck }),
        result('disk', 'skipped'),
        result('load', 'skipped'),
        result('disk', 'pass', 'web2'),
        result('load', 'pass', 'web2'),
      ],
    );
    expect(states(made)).toEqual([
      '@host@web1 fail',
      'disk@web1 skipped',
      'disk@web2 pass',
      'load@web1 skipped',
      'load@web2 pass',
    ]);
    expect(made.sections[0]!.results[0]).toMatchObject({ severity: 'critical', name: { en: 'The host can be asked' } });
    expect(made.counts).toMatchObject({ fail: 1, skipped: 2, pass: 2 });
  });
});

describe('needs', () => {
  test('skip what cannot be judged, also through another check, whatever it found itself', () => {
    const made = report(
      [{ id: 'a' }, { id: 'b', needs: ['a'] }, { id: 'c', needs: ['b'] }, { id: 'd' }],
      [result('a', 'fail'), result('b', 'pass'), result('c', 'fail', 'web1', { details: ['x'] }), result('d', 'pass')],
    );
    expect(states(made)).toEqual(['a@web1 fail', 'b@web1 skipped', 'c@web1 skipped', 'd@web1 pass']);
    const [, b, c] = made.sections[0]!.results;
    expect(b!.message).toBe('needs a, which is fail');
    expect(c).toMatchObject({ message: 'needs b, which is skipped', details: [] });
    expect(made.counts.fail).toBe(1);
  });

  test.each<[CheckState, boolean]>([
    ['pass', true],
    ['warn', true],
    ['manual-passed', true],
    ['fail', false],
    ['error', false],
    ['skipped', false],
    ['not-applicable', false],
    ['manual-pending', false],
    ['manual-failed', false],
  ])('of a check that is %s hold: %s', (state, holds) => {
    const made = report([{ id: 'a' }, { id: 'b', needs: ['a'] }], [result('a', state), result('b', 'pass')]);
    expect(states(made)).toContain(`b@web1 ${holds ? 'pass' : 'skipped'}`);
  });

  test('hold on the same host where it was looked at there, else everywhere it was', () => {
    const hosts = ['web1', 'web2'];
    const made = report(
      [
        { id: 'net', hosts },
        { id: 'disk', hosts, needs: ['net'] },
        { id: 'page', hosts: ['localhost'], needs: ['net'] },
      ],
      [
        result('net', 'pass', 'web1'),
        result('net', 'fail', 'web2'),
        result('disk', 'pass', 'web1'),
        result('disk', 'pass', 'web2'),
        result('page', 'pass', 'localhost'),
      ],
    );
    expect(states(made)).toEqual([
      'net@web2 fail',
      'disk@web2 skipped',
      'page@localhost skipped',
      'net@web1 pass',
      'disk@web1 pass',
    ]);
  });

  test('are not waived with what they need', () => {
    const waivers = [{ check: 'a', until: '2026-12-31', by: 'li', reason: 'known' }];
    const made = report([{ id: 'a' }, { id: 'b', needs: ['a'] }], [result('a', 'fail'), result('b', 'fail')], {
      waivers,
    });
    expect(states(made)).toEqual(['a@web1 waived', 'b@web1 skipped']);
  });

  test('in a circle, as only a plan that was tampered with has, end', () => {
    const made = report(
      [
        { id: 'a', needs: ['b'] },
        { id: 'b', needs: ['a'] },
      ],
      [result('a', 'pass'), result('b', 'pass')],
    );
    expect(states(made)).toEqual(['a@web1 pass', 'b@web1 pass']);
  });
});

describe('waivers', () => {
  const waiver = (more: Partial<Waiver> = {}): Waiver => ({
    check: 'disk',
    until: '2026-11-30',
    by: 'li',
    reason: 'on order',
    ...more,
  });
  const disk = [{ id: 'disk', hosts: ['web1', 'web2'] }];
  const full = [result('disk', 'fail', 'web1'), result('disk', 'fail', 'web2')];

  test('hold to the end of their last day', () => {
    expect(states(report(disk, full, { waivers: [waiver()] }))).toEqual(['disk@web1 waived', 'disk@web2 waived']);
    const expired = report(disk, full, { waivers: [waiver({ until: '2026-11-29' })] });
    expect(states(expired)).toEqual(['disk@web1 fail', 'disk@web2 fail']);
    expect(expired.sections[0]!.results[0]!.details).toEqual(['a waiver of li has expired on 2026-11-29']);
    expect(expired.sections[0]!.results[0]!.waiver).toBeUndefined();
  });

  test('hold for one host, or for all', () => {
    const made = report(disk, full, { waivers: [waiver({ host: 'web2' })] });
    expect(states(made)).toEqual(['disk@web1 fail', 'disk@web2 waived']);
    expect(made).toMatchObject({ verdict: 'fail', counts: { fail: 1, waived: 1 } });
    expect(made.sections[0]!.results[1]!.waiver).toEqual(waiver({ host: 'web2' }));
  });

  test('of the runbook and of the record hold alike; one that has expired hides none that holds', () => {
    expect(report(disk, full, { written: [waiver()] }).verdict).toBe('pass');
    const both = { written: [waiver({ until: '2027-01-01' })], waivers: [waiver({ until: '2026-01-01' })] };
    expect(report(disk, full, both).verdict).toBe('pass');
  });

  test('of a warning hold, of what is not known never', () => {
    const of = (state: CheckState) =>
      states(report([{ id: 'disk' }], [result('disk', state)], { waivers: [waiver()] }))[0];
    expect(of('warn')).toBe('disk@web1 waived');
    expect(of('manual-failed')).toBe('disk@web1 waived');
    for (const state of ['pass', 'error', 'skipped', 'manual-pending', 'not-applicable'] as const)
      expect(of(state)).toBe(`disk@web1 ${state}`);
  });

  test('of the record: the last word on each check and host, as of a time', async () => {
    const facts = memoryFacts();
    const day = (date: number) => `2026-11-${date}T08:00:00.000Z`;
    await addWaiver(facts, 'daily', day(10), waiver({ reason: 'first' }));
    await addWaiver(facts, 'daily', day(12), waiver({ host: 'web1' }));
    await addWaiver(facts, 'daily', day(14), waiver({ reason: 'second' }));
    await addWaiver(facts, 'daily', day(16), { ...waiver(), ended: true });
    await addWaiver(facts, 'weekly', day(10), waiver());
    const told = async (at?: string) => (await waiversOf(facts, 'daily', at)).map(({ host, reason }) => [host, reason]);
    expect(await told(day(11))).toEqual([[undefined, 'first']]);
    expect(await told(day(15))).toEqual([
      [undefined, 'second'],
      ['web1', 'on order'],
    ]);
    expect(await told()).toEqual([['web1', 'on order']]);
    // A report of then does not know what came later.
    const then = report(disk, full, { waivers: await waiversOf(facts, 'daily', day(9)) });
    expect(then.verdict).toBe('fail');
  });
});

describe('new', () => {
  const previous = (bad: ReportFact['bad']): ReportFact => ({
    run: 'run-1',
    version: '1',
    verdict: 'fail',
    counts: {},
    bad,
  });
  const was = (check: string, state: CheckState, host = 'web1') => ({ check, host, state, message: '' });

  test('is what is bad now and was not at the last verdict', () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const made = report(
      ids.map((id) => ({ id })),
      [result('a', 'fail'), result('b', 'fail'), result('c', 'error'), result('d', 'warn'), result('e', 'fail')],
      { previous: previous([was('b', 'fail'), was('c', 'fail'), was('e', 'waived'), was('a', 'fail', 'web9')]) },
    );
    const told = made.sections[0]!.results.map(({ check, new: isNew, was }) => [check, isNew, was]);
    expect(told).toEqual([
      ['a', true, null],
      ['b', false, 'fail'],
      ['e', true, 'waived'],
      ['c', false, 'fail'],
      ['d', false, null],
    ]);
    expect(made.new).toBe(2);
  });

  test('is nobody without a verdict before', () => {
    const made = report([{ id: 'a' }], [result('a', 'fail')]);
    expect(made).toMatchObject({ new: null, sections: [{ results: [{ new: false }] }] });
    expect(made.sections[0]!.results[0]).not.toHaveProperty('was');
  });

  test('goes by the last verdict on all hosts: a run on some knows nothing of the others', async () => {
    const facts = memoryFacts();
    const add = (run: string, limited: boolean) =>
      addReport(facts, 'daily', base.at, reportFact({ ...report([{ id: 'a' }], [result('a', 'fail')]), run }, limited));
    await add('all', false);
    await add('some', true);
    expect(previousOf(await reportsOf(facts, 'daily', 10))?.run).toBe('all');
  });

  test('counts a run that was judged again once', async () => {
    const facts = memoryFacts();
    const fact = (run: string) => reportFact({ ...report([{ id: 'a' }], [result('a', 'pass')]), run }, false);
    await addReport(facts, 'daily', '2026-11-01T00:00:00.000Z', fact('old'));
    for (let i = 0; i < 9; i++) await addReport(facts, 'daily', `2026-11-0${i + 1}T01:00:00.000Z`, fact('again'));
    expect((await reportsOf(facts, 'daily', 2)).map(({ run, at }) => [run, at])).toEqual([
      ['again', '2026-11-09T01:00:00.000Z'],
      ['old', '2026-11-01T00:00:00.000Z'],
    ]);
  });
});

test('a report keeps what is bad or waived for the next verdict', () => {
  const made = report(
    [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' }],
    [result('a', 'fail'), result('b', 'pass'), result('c', 'fail'), result('d', 'error')],
    { waivers: [{ check: 'c', until: '2027-01-01', by: 'li', reason: 'x' }] },
  );
  expect(reportFact(made, false)).toEqual({
    run: 'run-2',
    version: '1.2.0',
    verdict: 'fail',
    counts: { fail: 1, pass: 1, waived: 1, error: 1 },
    bad: [
      { check: 'a', host: 'web1', state: 'fail', message: 'a is fail' },
      { check: 'd', host: 'web1', state: 'error', message: 'd is error' },
      { check: 'c', host: 'web1', state: 'waived', message: 'c is fail' },
    ],
  });
});

test('results stand by what they came to and how bad that is, then as planned', () => {
  const made = report(
    [
      { id: 'minor', severity: 'minor' },
      { id: 'good' },
      { id: 'critical', severity: 'critical' },
      { id: 'warns' },
      { id: 'unknown' },
    ],
    [
      result('minor', 'fail'),
      result('good', 'pass'),
      result('critical', 'fail'),
      result('warns', 'warn'),
      result('unknown', 'error'),
    ],
  );
  expect(states(made).map((line) => line.split('@')[0])).toEqual(['critical', 'minor', 'unknown', 'warns', 'good']);
});

test('5,000 results with needs are put together in no time', () => {
  const hosts = Array.from({ length: 50 }, (_, index) => `web${index}`);
  const checks = Array.from({ length: 100 }, (_, index) => ({
    id: `c${index}`,
    hosts,
    ...(index > 0 ? { needs: [`c${index - 1}`] } : {}),
  }));
  const found = checks.flatMap(({ id }) => hosts.map((host) => result(id, 'pass', host)));
  const startedMs = performance.now();
  const made = report(checks, found);
  expect(made.counts.pass).toBe(5000);
  expect(made.sections[0]!.results.some(({ state }) => isBad(state))).toBe(false);
  expect(performance.now() - startedMs).toBeLessThan(2000);
});
