import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { crontabBlock, withBlock } from '../../src/app/schedules/install/crontab-block.ts';
import { invocationOf, leftBehind } from '../../src/app/schedules/install/invocation.ts';
import { systemdUnits } from '../../src/app/schedules/install/systemd-units.ts';
import { which } from '../helpers/restore-script.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-install-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const plain = { node: '/usr/bin/node', script: '/opt/oaops/bin/run.js', env: { PATH: '/usr/bin:/bin' } };
/** Names of folders as people have them, and as nobody should. */
const names = fc
  .string({ unit: fc.constantFrom(...'ab% \'"$`;&|!#é数*?~<>()[]{}='), minLength: 1, maxLength: 12 })
  .map((name) => `/srv/${name}`);

/** What cron hands to the shell: up to a bare %, with `\%` as % (crontab(5)). */
const asCron = (line: string) =>
  line
    .replace(/^(\S+ ){5}/, '')
    .replace(/(?<!\\)%.*$/s, '')
    .replaceAll('\\%', '%');

test('what cron hands to the shell starts the program with the environment that was meant, whatever the names', () => {
  // Stands for node: tells what it was given.
  const node = join(dir, "no de'%");
  writeFileSync(node, '#!/bin/sh\nprintf "%s\\n" "$OAOPS_STATE_DIR" "$@"\n', { mode: 0o755 });
  fc.assert(
    fc.property(names, names, (script, state) => {
      const block = crontabBlock({ node, script, env: { PATH: '/usr/bin:/bin', OAOPS_STATE_DIR: state } });
      const command = asCron(Buffer.from(block.split('\n')[1]!, 'latin1').toString('utf8'));
      const { stdout } = spawnSync('/bin/sh', ['-c', command], { env: {}, encoding: 'utf8' });
      expect(stdout).toBe(`${[state, script, 'tick', '-q'].join('\n')}\n`);
    }),
    { numRuns: 60, verbose: true },
  );
});

test('all that others wrote stays byte for byte, whatever it is', () => {
  const block = crontabBlock(plain);
  const other = fc
    .uint8Array({ maxLength: 200 })
    .map((bytes) => Buffer.from(bytes).toString('latin1').replaceAll('BEGIN', ''));
  fc.assert(
    fc.property(other, other, (before, after) => {
      const lines = before === '' || before.endsWith('\n') ? before : `${before}\n`;
      expect(withBlock(lines, block)).toBe(lines + block);
      expect(withBlock(lines + block + after, '')).toBe(lines + after);
      expect(withBlock(withBlock(lines + block + after, block), block)).toBe(lines + block + after);
      const moved = crontabBlock({ ...plain, script: '/opt/new/bin/run.js' });
      expect(withBlock(lines + moved + after, block)).toBe(lines + block + after);
    }),
    { verbose: true },
  );
});

test('marks that are no pair are refused, and a line that cron would cut off', () => {
  const block = crontabBlock(plain);
  const [begin, , end] = block.split('\n');
  for (const damaged of [`${begin}\nx\n`, `x\n${end}\n`, `${end}\n${begin}\n`, block + block, `${begin}\n${block}`])
    expect(() => withBlock(damaged, block)).toThrow(expect.objectContaining({ code: 'crontab-damaged', exitCode: 4 }));
  expect(() => crontabBlock({ ...plain, env: { PATH: `/${'x'.repeat(1000)}` } })).toThrow(
    expect.objectContaining({ code: 'crontab-line-long', exitCode: 2 }),
  );
});

test('takes over places, no secrets, and of PATH what is safe', () => {
  for (const [name, mode] of [
    ['safe', 0o755],
    ['open', 0o777],
  ] as const) {
    mkdirSync(join(dir, name));
    spawnSync('chmod', [mode.toString(8), join(dir, name)]);
  }
  const script = join(dir, 'run.js');
  writeFileSync(script, '');
  const env = {
    PATH: `${dir}/safe:${dir}/open:${dir}/none:.:${dir}/safe:/usr/bin`,
    OAOPS_STATE_DIR: '/srv/state',
    OAOPS_RECORD_URL: 'postgres://x:secret@db/oaops',
    OAOPS_LANG: 'zh-CN',
    HOME: '/srv/home',
  };
  const { env: kept } = invocationOf(env, { node: '/n', script, configFile: '/etc/my.yaml' });
  expect(kept).toEqual({
    PATH: `${dir}/safe:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin`,
    HOME: '/srv/home',
    OAOPS_CONFIG: '/etc/my.yaml',
    OAOPS_STATE_DIR: '/srv/state',
    OAOPS_LANG: 'zh-CN',
  });
  expect(leftBehind(env)).toEqual(['OAOPS_RECORD_URL']);
  expect(() => invocationOf(env, { node: '/n', script: undefined, configFile: undefined })).toThrow(
    'path of this program',
  );
  expect(() => invocationOf({ OAOPS_STATE_DIR: '/srv/a\nb' }, { node: '/n', script, configFile: undefined })).toThrow(
    expect.objectContaining({ code: 'unfit-text' }),
  );
});

test.skipIf(which('systemd-analyze') === undefined)(
  'systemd itself finds nothing wrong with the units, whatever the names',
  () => {
    const node = join(dir, `no "de' %h $X`);
    writeFileSync(node, '#!/bin/sh\n', { mode: 0o755 });
    for (const scope of ['system', 'user'] as const) {
      const units = systemdUnits(
        { node, script: `/srv/a b/$HOME%/run"é数.js`, env: { PATH: '/usr/bin', OAOPS_STATE_DIR: `/srv/%n "$x" 'y'` } },
        scope,
      );
      const files = Object.entries(units).map(([name, text]) => {
        writeFileSync(join(dir, name), text);
        return join(dir, name);
      });
      const verify = spawnSync(
        'systemd-analyze',
        ['verify', scope === 'user' ? '--user' : '--system', '--man=no', ...files],
        {
          encoding: 'utf8',
          env: { PATH: '/usr/bin:/bin', XDG_RUNTIME_DIR: dir, HOME: dir },
        },
      );
      const own = verify.stderr.split('\n').filter((line) => line.includes('oaops'));
      expect({ status: verify.status, own }, verify.stderr).toEqual({ status: 0, own: [] });
      // A mistake is seen: the check could also fail.
      writeFileSync(
        files[0]!,
        units['oaops-tick.service']!.replace('Type=oneshot', 'Type=onceshot').replace('ExecStart=', 'ExecStart=./'),
      );
      const bad = spawnSync('systemd-analyze', ['verify', '--man=no', files[0]!], {
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/bin', XDG_RUNTIME_DIR: dir, HOME: dir },
      });
      expect(bad.stderr).toMatch(/oaops-tick\.service/);
    }
    const calendar = spawnSync('systemd-analyze', ['calendar', 'minutely'], { encoding: 'utf8' });
    expect(calendar.stdout).toContain('*-*-* *:*:00');
  },
);
