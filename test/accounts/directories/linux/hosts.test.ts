import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { accountsOf, type LinuxSpec } from '../../../../src/accounts/directories/linux/accounts.ts';
import { applySteps } from '../../../../src/accounts/directories/linux/apply.ts';
import { readHostState } from '../../../../src/accounts/directories/linux/host-state.ts';
import { imageOf } from '../../../../src/accounts/directories/linux/image.ts';
import { policyRows } from '../../../../src/accounts/directories/linux/policy.ts';
import { policyScript } from '../../../../src/accounts/directories/linux/policy-script.ts';
import { lookScript, readScript } from '../../../../src/accounts/directories/linux/read-script.ts';
import { askScript } from '../../../../src/accounts/directories/linux/shell.ts';
import { directorySchema } from '../../../../src/accounts/schema/directories.ts';
import { sha256Hex as sha256 } from '../../../../src/core/json.ts';
import type { Host, StreamRequest } from '../../../../src/engine/ports.ts';
import { isRoot } from '../../../helpers/probe-world.ts';
import { hostShells, thisMachine } from '../../../helpers/shell-host.ts';

const signal = new AbortController().signal;
const spec = directorySchema.parse({ type: 'linux', id: 'hosts', targets: 'all' }) as LinuxSpec;
const dir = mkdtempSync(join(tmpdir(), 'oaops-linux-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** This machine, with another shell in place of /bin/sh. */
function asking(shell: readonly string[]) {
  const machine = thisMachine(dir);
  const host = {
    target: machine.target,
    stream: ({ argv, ...rest }: StreamRequest, over: AbortSignal) =>
      machine.stream({ ...rest, argv: [...shell, ...argv.slice(1)] }, over),
  } as Host;
  return { host, become: undefined, timeoutMs: 60_000 };
}

describe.skipIf(!isRoot)('the scripts', () => {
  test.each(hostShells)('say in %s what they say in others', { timeout: 120_000 }, async (_, shell) => {
    const lines = await askScript(asking(shell), readScript, [''], signal);
    const ofSh = await askScript(asking(['/bin/sh']), readScript, [''], signal);
    const still = (all: string[]) => all.filter((line) => !/^(journal|now) /.test(line));
    expect(still(lines)).toEqual(still(ofSh));
    expect(Math.abs(readHostState(lines, 'h1', undefined).clockMs! - Date.now())).toBeLessThan(600_000);
    expect(lines.filter((line) => line.startsWith('shadow ')).length).toBeGreaterThan(3);
    expect(lines.join('\n')).not.toMatch(/^shadow [^:]*:\$/m);
    const [one, oneOfSh] = await Promise.all([
      askScript(asking(shell), lookScript, ['root'], signal),
      askScript(asking(['/bin/sh']), lookScript, ['root'], signal),
    ]);
    expect(still(one)).toEqual(still(oneOfSh));
    const policy = await askScript(asking(shell), policyScript, [], signal);
    expect(policyRows(policy, 'h1', spec).map(({ rule }) => rule)).toContain('max-age');
  });

  test.each(hostShells)('change in %s only what they are told, whatever it is called', async (_, shell) => {
    const odd = join(dir, `a 'b" $(touch x) \\ ;*`);
    writeFileSync(odd, 'content\n');
    const who = { login: 'nobody-of-this-name', uid: undefined };
    const plan = (step: Parameters<typeof applySteps>[2][number]['step']) => ({ step, done: 'done', left: 'left' });
    const held = `${odd}.held`;
    const aside = { do: 'aside', path: odd, sha256: sha256('content\n'), held } as const;
    const told = await applySteps(
      asking(shell),
      who,
      [
        plan({ ...aside, sha256: sha256('other') }),
        plan(aside),
        plan(aside),
        plan({ do: 'back', path: odd, held }),
        plan({ do: 'back', path: odd, held }),
        plan({ do: 'run', argv: ['test', `'"$(touch x)`, '=', `'"$(touch x)`] }),
        plan({ do: 'run', argv: ['sh', '-c', 'echo "no: $1" >&2; exit 3', 'sh', '* $x'] }),
      ],
      signal,
    );
    expect(told.ok).toEqual([false, true, false, true, false, true, false]);
    expect(told.left).toEqual([
      `left: ${odd} has changed just now`,
      `left: ${odd} is no regular file`,
      `left: there is a new file in its place: ${odd}`,
      'left: sh: exit code 3: no: * $x',
    ]);
    expect(existsSync(odd)).toBe(true);
    await expect(applySteps(asking(shell), { login: 'root', uid: 1 }, [plan(aside)], signal)).rejects.toMatchObject({
      code: 'account-host-refused',
      message: 'localhost: the account has another uid than a moment before',
    });
  });

  test('a script that is cut off is an error, never half an answer', async () => {
    const { host, ...rest } = asking(['/bin/sh']);
    await expect(askScript({ host, ...rest }, 'echo passwd half; exit 0', [], signal)).rejects.toMatchObject({
      code: 'account-host-silent',
      exitCode: 3,
    });
    await expect(askScript({ host, ...rest, timeoutMs: 50 }, 'sleep 60', [], signal)).rejects.toMatchObject({
      code: 'account-host-silent',
      message: expect.stringContaining('no answer within 0.05 s'),
    });
  });
});

describe('a host, as it is understood', () => {
  const told = [
    'me root',
    'me oaops',
    'passwd root:x:0:0:root:/root:/bin/bash',
    'passwd +::::::',
    'passwd ann:x:1001:27:Ann & Co,4711:/home/ann:/bin/sh',
    'passwd bob:x:1002:1002:shadow root locked:/home/bob:/usr/sbin/nologin',
    'passwd eve:x:1002:1002::/home/eve:/bin/sh',
    'passwd oaops:x:1003:1003::/home/oaops:/bin/sh',
    'passwd app:x:1004:1004::/srv:/bin/sh',
    'passwd far:x:70000:1:::',
    'passwd odd:x:1005:1005:a:b:/home/odd:/bin/sh',
    'group sudo:x:27:eve',
    'group docker:x:999:ann,bob',
    'shadow ann:locked:1:20000:0:90:7::',
    'shadow bob:none:1:20000:0:99999:7::',
    'shadow eve:password:0:20000:0:99999:7::0',
    'shadow oaops:none:0:20000:0:99999:7::',
    'shadow app:password:0:0:0:99999:7::1',
    'file /etc/sudoers',
    'line %sudo ALL=(ALL) ALL',
    'line #1001 ALL=/bin/a',
    'line %docker ALL=!/bin/su',
    'unread /etc/sudoers.d/x',
    'unit app.service app',
  ];
  const state = readHostState(told, 'h1', 'admin');
  const accounts = accountsOf(state, 'h1', { ...spec, employee: 'gecos' }, Date.parse('2026-11-30'));
  const one = (login: string) => accounts.find((account) => account.login === login)!;

  test('who is in scope', () => {
    expect(accounts.map(({ login }) => login)).toEqual(['root', 'ann', 'bob', 'eve', 'oaops', 'app']);
  });

  test('disabled is only what lets nobody in by any way', () => {
    // Keys still let in.
    expect(one('ann').state).toBe('enabled');
    expect(one('bob').state).toBe('disabled');
    // An expiry of 0 is ambiguous.
    expect(one('eve')).toMatchObject({ state: 'enabled', passwordNeverExpires: true });
    expect(one('eve').expiresAt).toBeUndefined();
    expect(one('app')).toMatchObject({ state: 'disabled', expiresAt: 86_400_000 });
    expect(one('app').passwordChangedAt).toBeUndefined();
  });

  test('power by the primary group, by other groups, and by rules; a rule that only forbids is none', () => {
    expect(one('ann').privileged).toEqual([
      'group sudo',
      'group docker',
      'sudo rule for %sudo (/etc/sudoers:1)',
      'sudo rule for #1001 (/etc/sudoers:2)',
    ]);
    expect(one('eve').privileged).toEqual(['group sudo', 'sudo rule for %sudo (/etc/sudoers:1)']);
    expect(one('bob').privileged).toEqual(['group docker']);
    expect(one('ann')).toMatchObject({
      employee: '4711',
      personName: 'Ann ann Co',
      rights: ['docker', 'sudoers:/etc/sudoers'],
    });
  });

  test('what is never touched', () => {
    expect(one('oaops').untouchable).toBe('oaops logs in as it');
    expect(one('app').untouchable).toBe('the service app.service runs as it');
    expect(one('ann').untouchable).toBeUndefined();
    const busybox = readHostState([...told, 'lacks usermod'], 'h1', 'admin');
    expect(accountsOf(busybox, 'h1', spec, 0).find(({ login }) => login === 'ann')!.untouchable).toBe(
      'the host has no usermod',
    );
  });

  test('what could not be read, and uids that two have', () => {
    expect(state.problems).toEqual([
      'h1: a line of /etc/passwd is not understood',
      'h1: /etc/sudoers.d/x could not be read',
    ]);
    expect(state.accounts.get('bob')!.sharesUid).toBe(true);
    expect(state.accounts.get('ann')!.sharesUid).toBe(false);
    expect(imageOf(state, state.accounts.get('ann')!).sudoers).toEqual([
      { file: '/etc/sudoers', line: 2, lines: ['#1001 ALL=/bin/a'], alone: true },
    ]);
  });

  test.each([
    ['a clock that is far off makes last uses unknown', '2024-01-01', 'its clock is 1064d behind this one'],
    ['a clock that is hours off does not', '2026-11-29T12:00:00Z', undefined],
  ])('%s', (_, clock, off) => {
    const uses = [...told, `now ${Date.parse(clock) / 1000}`, `journal ${Date.parse('2023-05-01') / 1000} ann`];
    const read = accountsOf(readHostState(uses, 'h1', undefined), 'h1', spec, Date.parse('2026-11-30'));
    expect(read.find(({ login }) => login === 'ann')!.lastUse).toEqual(
      off === undefined ? { at: Date.parse('2023-05-01'), from: 'journal' } : { unknown: off },
    );
  });

  test('ten thousand accounts with a group each are read at once', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => [
      `passwd u${index}:x:${index + 1000}:${index + 1000}::/home/u:/bin/sh`,
      `group g${index}:x:${index + 1000}:u${(index * 7) % 10_000}`,
      `shadow u${index}:password:0:20000:0:99999:7::`,
    ]).flat();
    const startedMs = performance.now();
    const read = accountsOf(readHostState(many, 'h1', undefined), 'h1', spec, 0);
    expect(read).toHaveLength(10_000);
    expect(read[7]!.rights).toEqual(['g1']);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});
