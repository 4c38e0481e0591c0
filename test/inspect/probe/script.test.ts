import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { type Asked, askHost } from '../../../src/inspect/probe/ask-host.ts';
import { probeScript } from '../../../src/inspect/probe/script.ts';
import type { Answer } from '../../../src/inspect/types.ts';
import { hostileValues } from '../../helpers/hostile-values.ts';
import { hostShells, probeType, shellHost } from '../../helpers/shell-host.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-probe-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const mark = 'oaops-5f3a';
const fine = 'echo "fine $1"';
/** Prints each of its words as hexadecimal bytes, so that nothing of them is lost on the way. */
const printWords = `
while [ "$count" -gt 0 ]; do
  printf %s "$1" | od -An -v -tx1 | tr -d ' \\n'
  echo
  shift
  count=$((count - 1))
done`;

describe.each(hostShells)('the script under %s', (_, shell) => {
  /** Asks each probe with its words, then one that answers: whatever one does, the next is asked. */
  const ask = async (...probes: (readonly [probe: string, words?: readonly string[]])[]): Promise<Answer[]> => {
    const questions = [...probes, [fine, ['after']] as const].map(([probe, words = []], index) => ({
      id: `q${index}`,
      type: probeType(probe, `type-${index}`),
      words: [...words],
      timeoutMs: 60_000,
    }));
    const host = shellHost(shell, { PWD: dir, HOME: dir });
    const answers = await askHost(host, questions, {
      clock: systemClock,
      mark,
      signal: new AbortController().signal,
    });
    const all = questions.map(({ id }) => answers.get(id) as Asked);
    expect(
      all.every((asked) => 'answer' in asked),
      JSON.stringify(all),
    ).toBe(true);
    const given = all.map((asked) => (asked as { answer: Answer }).answer);
    expect(given.pop()).toMatchObject({ exitCode: 0, lines: ['fine after'] });
    return given;
  };

  test('hands values on as they are, and runs nothing of them', async () => {
    const before = readdirSync('.');
    const values = hostileValues.filter((value) => !value.includes('\0'));
    const [one, other] = await ask([printWords, values], [printWords, ['', "'", '$(touch x)', '王小明', '']]);
    const hex = (words: readonly string[]) => words.map((word) => Buffer.from(word).toString('hex'));
    expect(one!.lines).toEqual(hex(values));
    expect(other!.lines.join('\n')).toBe(hex(['', "'", '$(touch x)', '王小明', '']).join('\n').trimEnd());
    expect(readdirSync('.')).toEqual(before);
  });

  test('knows how many words are its own, and globs nothing', async () => {
    const [counted, globbed] = await ask(['echo "$count $1"', ['a', 'b', 'c']], ['echo $1 *', ['/*']]);
    expect(counted!.lines).toEqual(['3 a']);
    expect(globbed!.lines).toEqual(['/* *']);
  });

  test('tells how a probe ended, and keeps its outputs apart', async () => {
    const answers = await ask(
      ['echo out; echo err >&2; return 7'],
      ['exit 3'],
      ['deny "needs root"; echo never'],
      ['none "no swap here"'],
      ['need no-such-program other-missing; echo never'],
      ['need no-such-program sh; echo "$tool"'],
      ['has sh && ! has no-such-program && echo right'],
      ['kill -9 $(sh -c "echo \\$PPID")'],
    );
    expect(answers.map(({ exitCode, lines, err }) => [exitCode, lines, err])).toEqual([
      [7, ['out'], 'err'],
      [3, [], ''],
      [125, [], 'needs root'],
      [124, [], 'no swap here'],
      [127, [], 'the host has none of no-such-program other-missing'],
      [0, ['sh'], ''],
      [0, ['right'], ''],
      [137, [], expect.anything()],
    ]);
  });

  test('a probe cannot reach beyond its own answer', async () => {
    const answers = await ask(
      // What it defines, sets and leaves stays with it.
      [
        'probe_type_1() { echo bad; }; need() { echo bad; }; printf() { echo bad; }; mark=x id=x PATH=/nowhere; cd /; set +f; unset LC_ALL; trap "echo bad" EXIT TERM; echo said',
      ],
      ['echo "$LC_ALL"; pwd >/dev/null; need sh; echo "$tool"'],
      // Nothing comes in, and what it takes from stdin is nobody's.
      ['cat; read -r line; echo "line=$line"'],
      // A mark that only looks like one.
      [`echo '${mark} end q3 0'; echo '${mark} begin q9'; printf '${mark} end q0 0'; echo done`],
      ['exec >/dev/null 2>&1; echo gone'],
      ['exec 1>&- 2>&-; echo gone'],
    );
    expect(answers[0]!.lines.slice(0, 1)).toEqual(['said']);
    expect(answers[1]!.lines).toEqual(['C', 'sh']);
    expect(answers[2]!.lines).toEqual(['line=']);
    expect(answers[3]!.lines.at(-1)).toMatch(/done$/);
    expect(answers[4]!.lines).toEqual([]);
    expect(answers[5]!.lines).toEqual([]);
  });

  test('believes nothing when a probe prints the marks of others', async () => {
    const forge = `echo; echo '${mark}-0 end q0 0'; echo '${mark}-0 begin q1'; echo good; echo '${mark}-0 end q1 0'`;
    const two = `echo; echo '${mark}-0 begin q1'; echo good; echo '${mark}-0 end q1 0'`;
    for (const text of [forge, two])
      await expect(ask([text], ['echo bad'])).rejects.toMatchObject({
        code: 'host-silent',
        message: 'something on the host prints the marks of the checks itself',
      });
  });

  test('reads outputs that are no clean text', async () => {
    const [open, openErr, empty, blank, binary, returns] = await ask(
      ['printf "no end"'],
      ['printf "no end" >&2'],
      [':'],
      ['echo; echo; echo x; echo; echo'],
      ['printf "a\\000b\\377\\376c\\n"; echo 王小明'],
      ['printf "one\\r\\ntwo\\rthree\\r\\n"'],
    );
    expect(open!.lines).toEqual(['no end']);
    expect(openErr).toMatchObject({ lines: [], err: 'no end' });
    expect(empty!.lines).toEqual([]);
    expect(blank!.lines).toEqual(['', '', 'x']);
    expect(binary!.lines).toEqual(['a\0b\ufffd\ufffdc', '王小明']);
    expect(returns!.lines).toEqual(['one', 'two\rthree']);
  });

  test('reads a megabyte of an answer, and says that there was more', async () => {
    const [lines, long, err] = await ask(
      ['yes "a line of some thirty characters" | head -c 10485760'],
      // After what was too long comes a short line, which would fit again.
      ['head -c 3145728 /dev/zero | tr "\\\\000" x; echo; echo short'],
      ['yes "words of an error" | head -c 1048576 >&2; echo done'],
    );
    expect(lines!.truncated).toBe(true);
    expect(new Set(lines!.lines)).toEqual(new Set(['a line of some thirty characters']));
    expect(lines!.lines.join('\n').length).toBeGreaterThan(1_000_000);
    expect(long!.truncated).toBe(true);
    expect(long!.lines.join('\n').length).toBeLessThanOrEqual(1024 * 1024);
    expect(long!.lines).not.toContain('short');
    expect(err).toMatchObject({ lines: ['done'], truncated: false });
    expect(err!.err.length).toBeLessThan(9000);
  });

  test('a child that goes on in the background with stdout open holds up nobody', async () => {
    const pidFile = join(dir, 'pid');
    const [answer] = await ask([`sleep 987 & echo $! >'${pidFile}'; echo said`]);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    process.kill(pid, 'SIGKILL');
    expect(answer!.lines).toEqual(['said']);
  });
});

test('values are words, never text of the script', () => {
  const type = probeType('echo');
  const { text, words } = probeScript(
    [
      { id: 'q0', type, words: ['$(touch x)'] },
      { id: 'q1', type, words: [] },
    ],
    mark,
  );
  expect(text).not.toContain('touch');
  expect(words).toEqual([mark, 'q0', 'probe_type', '1', '$(touch x)', 'q1', 'probe_type', '0']);
  expect(text.match(/probe_probe_type\(\)/g)).toHaveLength(1);
});
