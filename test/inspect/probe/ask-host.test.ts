import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import type { Host, ProcessRequest } from '../../../src/engine/ports.ts';
import { type Asked, askHost, type TimedQuestion } from '../../../src/inspect/probe/ask-host.ts';
import { eventually } from '../../helpers/eventually.ts';
import { probeType, shellHost, thisMachine } from '../../helpers/shell-host.ts';

const fine = 'echo "fine $1"';
const signal = new AbortController().signal;

function question(id: string, probe = fine, timeoutMs = 30_000, words: string[] = [id]): TimedQuestion {
  return { id, type: probeType(probe, `type-${id}`), words, timeoutMs };
}

const answered = (id: string) => ({ answer: { exitCode: 0, lines: [`fine ${id}`] } });

/** Time stands still until the test lets a wait of some length end. */
class HeldClock implements Clock {
  wallMs = 1_800_000_000_000;
  readonly #waits = new Map<number, () => void>();
  nowMs = () => this.wallMs;
  monotonicMs = () => 0;
  sleep = (ms: number, over?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      this.#waits.set(ms, resolve);
      over?.addEventListener('abort', () => {
        if (this.#waits.get(ms) === resolve) this.#waits.delete(ms);
        reject(over.reason);
      });
    });
  isHeld = (ms: number) => this.#waits.has(ms);
  end(ms: number): void {
    this.#waits.get(ms)!();
  }
}

describe('a probe that does not end', { timeout: 60_000 }, () => {
  let dir: string;
  let host: Host;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-ask-'));
    host = thisMachine(dir);
  });
  beforeEach(() => {
    for (const name of ['pid1', 'pid2']) rmSync(join(dir, name), { force: true });
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const hang = (name: string, before = '') => `${before}sleep 3456 & echo $! >'${join(dir, name)}'; wait`;
  const pidOf = (name: string) => Number(readFileSync(join(dir, name), 'utf8'));
  const hangs = (name: string) => existsSync(join(dir, name)) && readFileSync(join(dir, name), 'utf8').endsWith('\n');
  // A zombie has ended; nobody may have taken its exit code yet.
  const isGone = (name: string) => {
    const stat = `/proc/${pidOf(name)}/stat`;
    return !existsSync(stat) || /\) [ZX] /.test(readFileSync(stat, 'utf8'));
  };

  test('is ended with what it has started, and only its own answer is missing', async () => {
    const clock = new HeldClock();
    const asked = askHost(host, [question('a'), question('b', hang('pid1'), 4000), question('c'), question('d')], {
      clock,
      mark: 'm',
      signal,
    });
    await eventually(() => hangs('pid1') && clock.isHeld(4000));
    clock.end(4000);
    expect(Object.fromEntries(await asked)).toMatchObject({
      a: answered('a'),
      b: { reason: 'no answer within 4 s' },
      c: answered('c'),
      d: answered('d'),
    });
    expect(isGone('pid1')).toBe(true);
  });

  test('twice takes two answers, also of one that does not listen to SIGTERM', async () => {
    const clock = new HeldClock();
    const asked = askHost(
      host,
      [question('a', hang('pid1', 'trap "" TERM; '), 4000), question('b', hang('pid2'), 5000), question('c')],
      { clock, mark: 'm', signal },
    );
    await eventually(() => hangs('pid1') && clock.isHeld(4000));
    clock.end(4000);
    await eventually(() => hangs('pid2') && clock.isHeld(5000));
    clock.end(5000);
    expect(Object.fromEntries(await asked)).toMatchObject({
      a: { reason: 'no answer within 4 s' },
      b: { reason: 'no answer within 5 s' },
      c: answered('c'),
    });
    expect(isGone('pid1') && isGone('pid2')).toBe(true);
  });

  test('ends with the run when that is stopped', async () => {
    const stop = new AbortController();
    const clock = new HeldClock();
    const asked = askHost(host, [question('a'), question('b', hang('pid1'), 4000)], {
      clock,
      mark: 'm',
      signal: stop.signal,
    });
    await eventually(() => hangs('pid1'));
    stop.abort(new OaopsError('stopped', 'stopped'));
    await expect(asked).rejects.toThrow('stopped');
    expect(isGone('pid1')).toBe(true);
  });

  test.each([true, false])(
    'a shell that says nothing is not waited for for ever (it can be ended: %s)',
    async (ends) => {
      const clock = new HeldClock();
      const silent: Host = {
        run: (_: ProcessRequest, over: AbortSignal) =>
          new Promise((_resolve, reject) => {
            if (ends) over.addEventListener('abort', () => reject(over.reason));
          }),
      } as unknown as Host;
      const asked = askHost(silent, [question('a'), question('b')], { clock, mark: 'm', signal });
      asked.catch(() => undefined);
      await eventually(() => clock.isHeld(30_000));
      clock.end(30_000);
      if (!ends) {
        await eventually(() => clock.isHeld(5000));
        clock.end(5000);
      }
      const reason = 'no word from the host within 30 s';
      await expect(asked).rejects.toMatchObject({ code: 'host-silent', message: reason });
    },
  );
});

describe('a shell that is no help', () => {
  const ask = async (host: Host) =>
    Object.fromEntries(await askHost(host, [question('a'), question('b')], { clock: systemClock, mark: 'm', signal }));

  test.each([
    ['says why it does not start', ['sh', '-c', 'echo "This account is currently not available." >&2; exit 1']],
    ['says nothing', ['sh', '-c', 'exit 1']],
  ])('and %s', async (_, shell) => {
    const said = shell[2]!.includes('account') ? ': This account is currently not available.' : '';
    const reason = `the host did not run the script of the checks (exit code 1${said})`;
    await expect(ask(shellHost(shell))).rejects.toMatchObject({ code: 'host-silent', message: reason });
  });

  test('greets without ending its line', async () => {
    const shell = ['sh', '-c', 'printf Welcome; printf "last login: never" >&2; shift; exec sh -c "$@"', 'sh'];
    expect(await ask(shellHost(shell))).toMatchObject({ a: answered('a'), b: answered('b') });
  });

  test('ends in the middle of a probe, each time', async () => {
    const host = shellHost(['sh']);
    const answers = await askHost(host, [question('a'), question('b', 'kill -9 $$; sleep 5'), question('c')], {
      clock: systemClock,
      mark: 'm',
      signal,
    });
    expect(Object.fromEntries(answers)).toMatchObject({
      a: answered('a'),
      b: { reason: 'the shell ended in the middle of the check (exit code null)' },
      c: answered('c'),
    });
  });
});

describe('a host that is lost', () => {
  const lost = new OaopsError('host-unreachable', 'the connection to web1 was lost');
  /** Answers so many questions, then is gone; `again`: it comes back. */
  const dying = (most: number, again: boolean): Host => {
    let left = most;
    return {
      run: async ({ argv, onOutput }: ProcessRequest) => {
        if (left === 0 && !again) throw lost;
        const [, mark, ...words] = argv;
        const ids = words.filter((_, at) => at % 4 === 0);
        if (left === 0) left = 99;
        for (const id of ids) {
          onOutput!('stdout', `${mark} begin ${id}`, false);
          if (left-- === 0) {
            left = 0;
            throw lost;
          }
          for (const line of [`fine ${id}`, '', `${mark} end ${id} 0`]) onOutput!('stdout', line, false);
        }
        return { exitCode: 0 };
      },
    } as unknown as Host;
  };
  const ask = (host: Host) =>
    askHost(host, [question('a'), question('b'), question('c')], { clock: systemClock, mark: 'm', signal });

  test('before the first word could not be asked at all', async () => {
    await expect(ask(dying(0, false))).rejects.toBe(lost);
  });

  test('in the middle keeps what it has answered', async () => {
    const reason = 'the connection to web1 was lost';
    expect(Object.fromEntries(await ask(dying(1, false)))).toMatchObject({
      a: answered('a'),
      b: { reason },
      c: { reason },
    });
  });

  test('and comes back is asked on', async () => {
    expect(Object.fromEntries(await ask(dying(1, true)))).toMatchObject({
      a: answered('a'),
      b: { reason: 'the connection to web1 was lost' },
      c: answered('c'),
    });
  });
});

describe('words of any length', { timeout: 60_000 }, () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-ask-'));
    chmodSync(dir, 0o700);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('are asked in as many scripts as they need; what no command line takes is refused alone', async () => {
    const length = 'printf "%s %s" "$count" "${#1}"';
    const long = 'x'.repeat(100_000);
    const questions = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => question(id, length, 30_000, [long]));
    questions.splice(3, 0, question('over', length, 30_000, ['王'.repeat(50_000)]));
    questions.push(question('last', fine, 30_000));
    const answers = await askHost(thisMachine(dir), questions, { clock: systemClock, mark: 'm', signal });
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f'])
      expect(answers.get(id)).toMatchObject({ answer: { lines: ['1 100000'] } });
    expect(answers.get('over')).toEqual({ reason: 'its arguments are too long for a command line' });
    expect(answers.get('last')).toMatchObject(answered('last'));
  });

  test('500 questions at once', async () => {
    const questions = Array.from({ length: 500 }, (_, index) => question(`q${index}`, fine, 30_000));
    for (const [index, each] of questions.entries()) each.type = probeType(fine, `type-${index % 3}`);
    const startedMs = performance.now();
    const answers = await askHost(thisMachine(dir), questions, { clock: systemClock, mark: 'm', signal });
    expect([...answers.values()].every((asked: Asked) => 'answer' in asked)).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  });
});

test('a clock that jumps while a host answers makes nothing late', async () => {
  const clock = new HeldClock();
  const host = shellHost(['sh']);
  const run = host.run.bind(host);
  const jumping: Host = {
    run: async (request: ProcessRequest, over: AbortSignal) => {
      const result = await run(request, over);
      clock.wallMs -= 86_400_000;
      return result;
    },
  } as unknown as Host;
  const before = clock.wallMs;
  const answers = await askHost(jumping, [question('a')], { clock, mark: 'm', signal });
  expect(answers.get('a')).toMatchObject({ ...answered('a'), askedMs: before, answeredMs: before });
});
