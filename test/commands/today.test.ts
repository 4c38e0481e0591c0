import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/render/width.ts';
import { openRecord } from '../../src/record/open.ts';
import { shapeOf } from '../helpers/json-shapes.ts';
import { runOaops } from '../helpers/oaops.ts';
import { pastRun } from '../helpers/past-runs.ts';
import { recordOptions } from '../record/suite-options.ts';

const golden = join(import.meta.dirname, '../golden/today-json.json');
let dir: string;

/** A fortnight of 2024 in Shanghai: nothing depends on the day on which the tests run. */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-today-'));
  const record = await openRecord(recordOptions({ stateDir: join(dir, 'state') }));
  for (const day of ['12', '13', '14', '18', '19']) {
    await pastRun(record, { at: `2024-11-${day}T08:00:00+08:00`, procedures: ['IN-01'] });
    await pastRun(record, {
      at: `2024-11-${day}T02:30:00+08:00`,
      procedures: ['BK-02', 'BK-04', 'BK-08'],
      runbook: 'backup-daily',
      status: day === '19' ? 'failed' : 'ok',
      message: 'off-site: the bucket did not answer',
    });
  }
  await record.close();
  const config = 'timeZone: Asia/Shanghai\nprocedures: {BK-07: {applies: false, reason: 没有备用系统}}\n';
  writeFileSync(join(dir, 'config.yaml'), config, { mode: 0o600 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const oaops = (...args: string[]) =>
  runOaops(args, {
    cwd: dir,
    bare: true,
    env: {
      PATH: '/usr/bin:/bin',
      HOME: dir,
      OAOPS_STATE_DIR: join(dir, 'state'),
      OAOPS_CONFIG: join(dir, 'config.yaml'),
    },
  });

describe('oaops today', () => {
  it('shows a day in 80 columns, in English and Chinese', async () => {
    const english = await oaops('today', '--date', '2024-11-19');
    expect(english).toMatchObject({ exitCode: 0, stderr: '' });
    expect(english.stdout).toMatch(/^tue {2}2024-11-19 {2}working day {2}23:59 Asia\/Shanghai\n/);
    expect(english.stdout).toMatch(
      /Overdue \(\d+\)[\s\S]*BK-02[^\n]*since 08:30\n +last: failed 02:35 by 王芳, run 2024/,
    );
    expect(english.stdout).toContain('oaops run backup-daily');
    expect(english.stdout).toMatch(/Done today \(1\)\n {2}IN-01 {2}Daily inspection +08:05\n/);
    expect(english.stdout).toContain('never carried out, without a runbook: ');
    for (const lang of ['en', 'zh-CN']) {
      const { stdout } = await oaops('today', '--date', '2024-11-19', '--verbose', '--lang', lang);
      expect(stdout.split('\n').filter((line) => displayWidth(line) > 80)).toEqual([]);
      if (lang === 'zh-CN') expect(stdout).toMatch(/逾期 \(\d+\)[\s\S]*业务数据每日备份/);
    }
  }, 60_000);

  it('ends with 1 or 3 when it is asked to, for monitoring', async () => {
    expect(await oaops('today', '--date', '2024-11-19', '--check', '--quiet')).toMatchObject({ exitCode: 1 });
    // The weekly ones of the week before are missed on Monday, and nothing has failed yet.
    const monday = await oaops('today', '--date', '2024-11-18', '--check', '--quiet');
    expect(monday.exitCode).toBe(3);
    expect(await oaops('today', '--date', '2024-11-12', '--json')).toMatchObject({ exitCode: 0 });
  }, 60_000);

  it('refuses what is no date', async () => {
    const wrong = await oaops('today', '--date', '19.11.2024');
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('Write it as 2026-02-28.');
  }, 60_000);
});

describe('oaops compliance', () => {
  it('shows the matrix, and what needs an explanation', async () => {
    const shown = await oaops('compliance', '--procedure', 'in-01', '--procedure', 'BK-07', '--period', '2024-11');
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toMatch(/IN-01 +Daily inspection +5\/14 +9 +2024-11-19 08:05/);
    expect(shown.stdout).toMatch(/2024-11-15 +missed\n/);
    expect(shown.stdout).toMatch(/2024-11-01 +before the record\n/);
    expect(shown.stdout).toContain('没有备用系统');
    expect(shown.stdout.split('\n').filter((line) => displayWidth(line) > 80)).toEqual([]);
  }, 60_000);

  it('writes each format by the ending of the file, readable for owner and group only', async () => {
    for (const [file, begins] of [
      ['c.html', '<!doctype html>\n<html lang="zh-CN">'],
      ['c.csv', '\uFEFF编号,'],
      ['c.md', '# 规程执行情况'],
      ['c.json', '{\n  "from": "2024-11-01"'],
    ] as const) {
      const out = await oaops('compliance', '--period', '2024-11', '--out', file, '--lang', 'zh-CN');
      expect(out).toMatchObject({ exitCode: 0 });
      expect(readFileSync(join(dir, file), 'utf8').startsWith(begins), file).toBe(true);
      expect(statSync(join(dir, file)).mode & 0o007).toBe(0);
    }
    expect(await oaops('compliance', '--out', 'no/such/folder.html')).toMatchObject({ exitCode: 1 });
  }, 60_000);

  it.each([
    [['--procedure', 'IN-77'], 'Did you mean "IN-07"?'],
    [['--procedure', 'nonsense'], 'See docs/procedures.md'],
    [['--period', '2026-Q5'], 'Write it as 2026, 2026-H2'],
    [['--period', '2026', '--to', '2026-01-01'], 'Write one of them.'],
    [['--from', '2026-12-01', '--to', '2026-11-01'], 'earlier date as --from'],
  ])(
    'refuses %j with the next step',
    async (args, next) => {
      const wrong = await oaops('compliance', ...args);
      expect(wrong.exitCode).toBe(2);
      expect(wrong.stderr).toContain(next);
    },
    60_000,
  );
});

it('the shapes of --json are those of the golden file', async () => {
  const shapes: Record<string, unknown> = {};
  for (const args of [
    ['today', '--date', '2024-11-19'],
    ['compliance', '--period', '2024-11', '--procedure', 'IN-01'],
  ])
    shapes[args[0]!] = shapeOf(JSON.parse((await oaops(...args, '--json')).stdout));
  if (process.env['OAOPS_UPDATE_GOLDEN']) writeFileSync(golden, `${JSON.stringify(shapes, null, 2)}\n`);
  expect(shapes).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
}, 60_000);
