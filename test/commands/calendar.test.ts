import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const program = join(import.meta.dirname, '../../bin/dev.js');
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-calendar-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function oaops(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'calendar', ...args], { cwd: dir, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

it('answers scripts: the last working day, and whether a day is worked, unknown being neither', async () => {
  expect(await oaops('last-working-day', '2026-02')).toEqual({ code: 0, stdout: '2026-02-28\n', stderr: '' });
  expect(await oaops('is-working-day', '2026-02-28')).toMatchObject({ code: 0, stdout: 'yes\n' });
  expect(await oaops('is-working-day', '2026-10-05')).toMatchObject({ code: 1, stdout: 'no\n' });
  const unknown = await oaops('is-working-day', '2099-01-05');
  expect(unknown).toMatchObject({ code: 4, stdout: '' });
  expect(unknown.stderr).toContain('calendar import FILE');
  expect(await oaops('is-working-day', '2026-02-30')).toMatchObject({ code: 2 });
}, 60_000);

it('takes over the notice of a year, privately, and days of the configuration over it', async () => {
  const days = [
    { name: '元旦', date: '2099-01-01', isOffDay: true },
    { name: '元旦', date: '2099-01-03', isOffDay: false },
  ];
  writeFileSync(join(dir, '2099.json'), JSON.stringify({ year: 2099, days }));
  writeFileSync(join(dir, 'empty.json'), JSON.stringify({ year: 2100, days: [] }));
  expect(await oaops('import', 'empty.json')).toMatchObject({ code: 4 });
  expect(await oaops('import', 'none.json')).toMatchObject({ code: 2 });
  expect(await oaops('import', '2099.json')).toMatchObject({
    code: 0,
    stdout: '2099: 1 days off, 1 weekend days that are worked\n',
  });
  const kept = join(dir, 'state/calendar');
  expect(readdirSync(kept)).toEqual(['china-2099.json']);
  expect([kept, join(kept, 'china-2099.json')].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
  expect(await oaops('is-working-day', '2099-01-03')).toMatchObject({ code: 0 });
  mkdirSync(join(dir, '.config/oaops'), { recursive: true });
  writeFileSync(
    join(dir, '.config/oaops/config.yaml'),
    'calendar: {days: [{date: "2099-01-03", working: false, reason: 公司年会}]}\n',
  );
  expect(await oaops('is-working-day', '2099-01-03')).toMatchObject({ code: 1 });
  const shown = await oaops('show', '2099-01');
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.stdout).toBe(
    '2099-01: 21 working days, 10 days off, 0 unknown\n\nDATE        DAY  WORKING\n2099-01-01  thu  day off\n',
  );
  expect((await oaops('status')).stdout).toContain('calendar china: 2007 to 2026, 2099\n');
  const status = JSON.parse((await oaops('status', '--json')).stdout);
  expect(status).toMatchObject({ calendar: 'china', imported: [2099], days: [{ date: '2099-01-03', working: false }] });
}, 60_000);

it('today is that of the time zone of the configuration, wherever the machine stands', async () => {
  mkdirSync(join(dir, '.config/oaops'), { recursive: true });
  // 25 hours apart: never the same date.
  const zones = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'];
  const dates: string[] = [];
  for (const timeZone of zones) {
    writeFileSync(
      join(dir, '.config/oaops/config.yaml'),
      `{timeZone: ${timeZone}, calendar: {workingDays: weekdays}}\n`,
    );
    dates.push(JSON.parse((await oaops('is-working-day', '--json')).stdout).date);
    dates.push(JSON.parse((await oaops('status', '--json')).stdout).today);
  }
  expect(dates[0]).toBe(dates[1]);
  expect(dates[2]).toBe(dates[3]);
  expect(dates[0]! > dates[2]!).toBe(true);
}, 60_000);

it('tells what a notice changes of what was known, and which December is not settled', async () => {
  const last = await oaops('last-working-day', '2026-12');
  expect(last).toMatchObject({ code: 0, stdout: '2026-12-31\n' });
  expect(last.stderr).toBe('warning: the notice of 2027 is not known here and can still move days of December 2026\n');
  expect((await oaops('show', '2026-12')).stderr).toBe(last.stderr);
  expect((await oaops('is-working-day', '2026-12-31')).stderr).toBe(last.stderr);
  expect(await oaops('is-working-day', '2026-12-31', '-q')).toEqual({ code: 0, stdout: '', stderr: '' });
  const off = ['2026-12-31', '2027-01-01'].map((date) => ({ name: '元旦', date, isOffDay: true }));
  writeFileSync(join(dir, '2027.json'), JSON.stringify({ year: 2027, days: off }));
  expect(JSON.parse((await oaops('import', '2027.json', '--json')).stdout)).toEqual({
    year: 2027,
    off: ['2026-12-31', '2027-01-01'],
    work: [],
    changed: ['2026-12-31'],
  });
  expect(await oaops('last-working-day', '2026-12')).toEqual({ code: 0, stdout: '2026-12-30\n', stderr: '' });
  expect((await oaops('import', '2027.json')).stdout).not.toContain('otherwise');
}, 60_000);

it('a kept notice that cannot be read is no day off, and is put right by importing it again', async () => {
  mkdirSync(join(dir, 'state/calendar'), { recursive: true });
  writeFileSync(join(dir, 'state/calendar/china-2026.json'), '{"year": 2026');
  const unreadable = await oaops('is-working-day', '2026-03-03');
  expect(unreadable).toMatchObject({ code: 4, stdout: '' });
  expect(unreadable.stderr).toContain('the imported notice of 2026 cannot be read');
  const days = [{ name: '', date: '2026-03-02', isOffDay: true }];
  writeFileSync(join(dir, '2026.json'), JSON.stringify({ year: 2026, days }));
  expect((await oaops('import', '2026.json')).stdout).toContain('told otherwise than before: 2026-01-01, ');
  expect(await oaops('is-working-day', '2026-03-03')).toMatchObject({ code: 0 });
}, 60_000);
