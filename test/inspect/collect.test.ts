import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { OaopsError } from '../../src/core/errors.ts';
import { Redactor } from '../../src/core/redaction.ts';
import type { Host } from '../../src/engine/ports.ts';
import { checkTypesByName } from '../../src/inspect/checks/registry.ts';
import { type CollectContext, collect } from '../../src/inspect/collect.ts';
import { keptOf, resultsOf } from '../../src/inspect/record.ts';
import type { CheckType, HostCheckType, Judged, NearCheckType, PlannedCheck } from '../../src/inspect/types.ts';
import { eventually } from '../helpers/eventually.ts';
import { memoryFacts } from '../helpers/probe.ts';
import { shellHost, thisMachine } from '../helpers/shell-host.ts';

const anything = z.looseObject({});
const types = checkTypesByName as Map<string, CheckType>;

/** A type made from here that does what the test says. */
function near(name: string, measure: NearCheckType<never>['measure']): void {
  types.set(name, { name, place: 'here', title: { en: name }, withSchema: anything as never, keeps: true, measure });
}

/** A type on the host; `judge` sees what its probe printed. */
function onHost(name: string, probe: string, judge: HostCheckType<never>['judge'], more = {}): void {
  const type = { name, place: 'host', title: { en: name }, withSchema: anything, probe, words: () => [], judge };
  types.set(name, { ...type, keeps: true, ...more } as unknown as CheckType);
}

const says =
  (judged: Judged): HostCheckType<never>['judge'] =>
  () =>
    judged;
const planned = (...names: string[]): PlannedCheck[] =>
  names.map((name) => ({ id: `${name}-1`, section: 's', check: name, with: {}, enabled: true, timeoutMs: 4000 }));

let given: (() => void)[];
beforeEach(() => {
  given = [];
  onHost('fine', 'echo fine', says({ state: 'pass', message: 'fine' }));
});
afterEach(() => {
  for (const end of given) end();
});

function contextOf(more: Partial<CollectContext> = {}): CollectContext {
  return {
    inspection: 'daily',
    run: 'run-1',
    host: { name: 'web1', address: '192.0.2.7' },
    open: async () => shellHost(['sh']),
    doors: {} as never,
    facts: memoryFacts(),
    clock: systemClock,
    mark: 'oaops-7a',
    signal: new AbortController().signal,
    redact: (text) => text,
    ...more,
  };
}

const unreachable = new OaopsError('host-unreachable', 'web1 cannot be reached: nothing listens there', {
  next: 'Start sshd.',
});

describe('a host that cannot be asked', () => {
  test('is one failure; what would have been asked is skipped, what is measured from here is not', async () => {
    near('from-here', async () => ({ state: 'pass', message: 'answers' }));
    const context = contextOf({ open: async () => Promise.reject(unreachable) });
    const results = await collect(planned('fine', 'from-here', 'fine'), context);
    expect(results).toEqual([
      {
        check: '@host',
        section: 's',
        type: '@host',
        host: 'web1',
        state: 'fail',
        message: 'web1 cannot be reached: nothing listens there',
        measures: [],
        details: [],
        next: 'Start sshd.',
      },
      expect.objectContaining({ check: 'fine-1', state: 'skipped', message: 'the host could not be asked' }),
      expect.objectContaining({ check: 'from-here-1', state: 'pass' }),
      expect.objectContaining({ check: 'fine-1', state: 'skipped' }),
    ]);
    expect(await resultsOf(context.facts, 'run-1')).toHaveLength(3);
  });

  test('is not asked at all when nothing is to be asked', async () => {
    near('from-here', async () => ({ state: 'pass', message: 'answers' }));
    const context = contextOf({ open: async () => Promise.reject(unreachable) });
    expect(await collect(planned('from-here'), context)).toMatchObject([{ state: 'pass' }]);
  });

  test('for want of a password is told as that', async () => {
    const wrong = new OaopsError('become-password-required', 'sudo to root on web1 needs a password', {
      next: 'Give it.',
    });
    const host = { run: () => Promise.reject(wrong) } as unknown as Host;
    expect(await collect(planned('fine'), contextOf({ open: async () => host }))).toMatchObject([
      { check: '@host', state: 'fail', message: 'sudo to root on web1 needs a password', next: 'Give it.' },
      { state: 'skipped' },
    ]);
  });
});

describe('a check made from here', () => {
  test('that throws is an error, with what can be done', async () => {
    near('throws', async () => {
      throw new OaopsError('connect-failed', 'oa port 443 cannot be reached: its name is not known', {
        next: 'Look at DNS.',
      });
    });
    near('breaks', async () => {
      throw new TypeError("Cannot read properties of undefined (reading 'x')");
    });
    expect(await collect(planned('throws', 'breaks'), contextOf())).toMatchObject([
      { state: 'error', message: 'oa port 443 cannot be reached: its name is not known', next: 'Look at DNS.' },
      { state: 'error', message: "Cannot read properties of undefined (reading 'x')" },
    ]);
  });

  test('that hangs, listening to its signal or not, takes its time and no more', async () => {
    const waits: (() => void)[] = [];
    const clock: Clock = {
      ...systemClock,
      sleep: (ms, over) =>
        new Promise((resolve, reject) => {
          if (ms === 4000) waits.push(resolve);
          over?.addEventListener('abort', () => reject(over.reason));
        }),
    };
    let told: unknown;
    near('deaf', () => new Promise(() => {}));
    near('listens', (_args, _doors, _about, signal) => {
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          told = signal.reason;
          reject(signal.reason);
        });
      });
    });
    near('quick', async () => ({ state: 'pass', message: 'answers' }));
    const collected = collect(planned('deaf', 'listens', 'quick'), contextOf({ clock }));
    await eventually(() => waits.length === 3);
    waits[0]!();
    waits[1]!();
    expect(await collected).toMatchObject([
      { state: 'error', message: 'no answer within 4 s' },
      { state: 'error', message: 'no answer within 4 s' },
      { state: 'pass' },
    ]);
    expect(told).toMatchObject({ code: 'check-late' });
  });

  test('at most eight at once', async () => {
    let open = 0;
    let most = 0;
    near('counts', async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return { state: 'pass', message: '' };
    });
    await collect(planned(...Array.from({ length: 40 }, () => 'counts')), contextOf());
    expect(most).toBe(8);
  });
});

describe('what the host says', () => {
  test('of its own failure is an error, and not a pass', async () => {
    onHost('denied', 'deny "needs root"', says({ state: 'pass', message: 'never' }));
    onHost('none', 'none "there is no swap"', says({ state: 'pass', message: 'never' }));
    onHost('silent', 'exit 3', says({ state: 'pass', message: 'never' }));
    onHost('reads', 'exit 3', (_args, { exitCode }) => ({ state: 'fail', message: `code ${exitCode}` }), {
      readsExit: true,
    });
    onHost('confused', 'echo x', () => {
      throw new Error('Unexpected token x');
    });
    expect(await collect(planned('denied', 'none', 'silent', 'reads', 'confused', 'fine'), contextOf())).toMatchObject([
      { state: 'error', message: 'needs root' },
      { state: 'not-applicable', message: 'there is no swap' },
      { state: 'error', message: 'the question ended with exit code 3' },
      { state: 'fail', message: 'code 3' },
      { state: 'error', message: 'the answer is not understood: Unexpected token x' },
      { state: 'pass', message: 'fine' },
    ]);
  });

  test('without its end is no pass, and keeps nothing', async () => {
    const much = 'yes words | head -c 2000000';
    onHost('cut', much, says({ state: 'pass', message: 'all of it is fine', keep: 'all' }));
    onHost('cut-bad', much, says({ state: 'fail', message: 'bad', keep: 'some' }));
    const context = contextOf();
    expect(await collect(planned('cut', 'cut-bad'), context)).toMatchObject([
      { state: 'error', message: 'the host printed more than is read' },
      { state: 'fail', message: 'bad' },
    ]);
    expect(await keptOf(context.facts, 'daily', 'cut-1', 'web1')).toBeUndefined();
  });
});

describe('a result', () => {
  const only = async (judged: Judged, more: Partial<CollectContext> = {}) => {
    near('one', async () => judged);
    const context = contextOf(more);
    const [result] = await collect(planned('one'), context);
    expect(await resultsOf(context.facts, 'run-1')).toEqual([result]);
    return result!;
  };

  test('holds no secret, wherever it was said', async () => {
    const redactor = new Redactor();
    redactor.add('hunter2hunter2');
    const told = await only(
      {
        state: 'fail',
        message: 'password hunter2hunter2 is wrong for postgres://oa:hunter2hunter2@db/oa',
        details: ['log: hunter2hunter2'],
        next: 'Try hunter2hunter2.',
        measures: [{ name: '/mnt/hunter2hunter2', value: 1, unit: '' }],
      },
      { redact: (text) => redactor.redact(text) },
    );
    expect(JSON.stringify(told)).not.toContain('hunter2');
    expect(told.message).toBe('password *** is wrong for postgres://oa:***@db/oa');
  });

  test('that was thrown holds no secret either', async () => {
    const redact = (text: string) => text.replaceAll('hunter2hunter2', '***');
    near('one', async () => {
      throw new OaopsError('x', 'said hunter2hunter2', { next: 'Change hunter2hunter2.' });
    });
    const open = () => Promise.reject(new OaopsError('x', 'no hunter2hunter2', { next: 'Not hunter2hunter2.' }));
    const results = await collect(planned('one', 'fine'), contextOf({ redact, open }));
    expect(JSON.stringify(results)).not.toContain('hunter2');
  });

  test('is one line of a length that people read, with no half of a sign', async () => {
    const { message } = await only({ state: 'fail', message: ` a\n\n  b\r\nc${'x'.repeat(493)}🔥🔥🔥` });
    expect(message).toBe(`a b c${'x'.repeat(493)}🔥 ...`);
    const odd = await only({ state: 'fail', message: `a${'x'.repeat(498)}🔥🔥` });
    expect(odd.message).toBe(`a${'x'.repeat(498)} ...`);
    const half = await only({ state: 'fail', message: 'broken \ud800 sign' });
    expect(half.message).toBe('broken \ufffd sign');
  });

  test('has at most 50 details', async () => {
    const { details } = await only({
      state: 'fail',
      message: '',
      details: Array.from({ length: 80 }, (_, i) => `${i}`),
    });
    expect(details).toHaveLength(51);
    expect(details.at(-1)).toBe('... and 30 more');
  });

  test('with a figure that is none is no pass', async () => {
    const measures = [
      { name: 'used', value: Number.NaN, unit: '%' as const },
      { name: 'free', value: 5, unit: '%' as const },
    ];
    expect(await only({ state: 'pass', message: 'fine', measures })).toMatchObject({
      state: 'error',
      message: 'the figure used is no number',
      measures: [{ name: 'free' }],
    });
    expect(await only({ state: 'fail', message: 'bad', measures })).toMatchObject({ state: 'fail', message: 'bad' });
    const infinite = [{ name: 'age', value: Number.POSITIVE_INFINITY, unit: 's' as const }];
    expect(await only({ state: 'warn', message: 'old', measures: infinite })).toMatchObject({ state: 'error' });
  });

  test('has one figure of a name', async () => {
    const measures = [1, 2].map((value) => ({ name: 'used', value, unit: '%' as const }));
    expect((await only({ state: 'pass', message: '', measures })).measures).toEqual([measures[0]]);
  });
});

test('a check that is switched off is told so, and nothing is asked for it', async () => {
  near('never', async () => {
    throw new Error('it was asked');
  });
  const [off] = planned('never').map((one) => ({ ...one, enabled: false }));
  const open = async () => Promise.reject(new Error('it was asked'));
  const [host] = planned('fine').map((one) => ({ ...one, enabled: false }));
  const results = await collect([off!, host!], contextOf({ open }));
  expect(results.map(({ check, state }) => [check, state])).toEqual([
    ['never-1', 'not-applicable'],
    ['fine-1', 'not-applicable'],
  ]);
});

test('what a check keeps comes back at its next run, for its own host and inspection alone', async () => {
  const seen: unknown[] = [];
  let next: unknown = { position: 7, lines: ['王小明'] };
  near('keeps', async (_args, _doors, about) => {
    seen.push(about.kept);
    return { state: 'pass', message: '', ...(next === undefined ? {} : { keep: next }) };
  });
  const facts = memoryFacts();
  const once = (more: Partial<CollectContext> = {}) => collect(planned('keeps'), contextOf({ facts, ...more }));
  await once();
  next = undefined;
  await once({ run: 'run-2' });
  await once({ run: 'run-3' });
  await once({ host: { name: 'web2', address: '' } });
  await once({ inspection: 'weekly' });
  const kept = { position: 7, lines: ['王小明'] };
  expect(seen).toEqual([undefined, kept, kept, undefined, undefined]);
});

describe('a run that is stopped', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-collect-'));
    given.push(() => rmSync(dir, { recursive: true, force: true }));
  });

  test.each(['near', 'on the host'])('keeps nothing of a host that is half done: %s', async (place) => {
    const stop = new AbortController();
    let isAsked = false;
    near('keeps', async () => ({ state: 'pass', message: 'answers', keep: 'new' }));
    near('hangs', (_args, _doors, _about, signal) => {
      isAsked = true;
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    });
    onHost('hangs-there', `echo begun >'${join(dir, 'begun')}'; sleep 4321`, says({ state: 'pass', message: '' }));
    const context = contextOf({ signal: stop.signal, open: async () => thisMachine(dir) });
    const names = place === 'near' ? ['fine', 'keeps', 'hangs'] : ['fine', 'keeps', 'hangs-there'];
    const collected = collect(planned(...names), context);
    await eventually(() => isAsked || existsSync(join(dir, 'begun')));
    stop.abort(new OaopsError('stopped', 'stopped by a signal'));
    await expect(collected).rejects.toMatchObject({ code: 'stopped' });
    expect(await resultsOf(context.facts, 'run-1')).toEqual([]);
    expect(await keptOf(context.facts, 'daily', 'keeps-1', 'web1')).toBeUndefined();
  });
});
