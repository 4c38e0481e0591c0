import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reportFiles } from '../../../src/app/report-files.ts';
import { complaints, type MadeCheck, makeCheck } from '../../helpers/probe.ts';
import { nessus, openvas } from '../scans/samples.ts';

const day = 86_400_000;
const scanned = Date.parse('2026-11-10T12:00:00Z');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-scan-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string, modifiedMs = scanned) => {
  writeFileSync(join(folder, name), text);
  utimesSync(join(folder, name), modifiedMs / 1000, modifiedMs / 1000);
};
const make = (
  args: Record<string, unknown> = {},
  more: { kept?: unknown; days?: number; address?: string } = {},
): Promise<MadeCheck> =>
  makeCheck(
    'scan-report',
    { path: `${folder}/*.nessus`, ...args },
    {
      nowMs: scanned + (more.days ?? 1) * day,
      doors: { files: async () => reportFiles },
      ...(more.kept === undefined ? {} : { kept: more.kept }),
      ...(more.address === undefined ? {} : { address: more.address }),
    },
  );
/** The same scan so many days later. */
const later = (days: number, text = nessus) =>
  text
    .replaceAll('1794312000', String((scanned + days * day) / 1000))
    .replaceAll('1794311000', String((scanned + days * day) / 1000 - 60));

test('how many, by how bad they are', async () => {
  put('week.nessus', nessus);
  expect(await make()).toMatchObject({
    state: 'fail',
    message: '1 critical, 1 high and 1 medium findings on 2 hosts; scanned 24 h 00 min ago',
    measures: [
      { name: 'critical', value: 1, fail: '0' },
      { name: 'high', value: 1, warn: '0' },
      { name: 'medium', value: 1 },
      { name: 'low', value: 0 },
      { name: 'late', value: 0 },
      { name: 'new', value: 0 },
      { name: 'fixed', value: 0 },
      { name: 'age', value: 86_400, unit: 's' },
    ],
    details: [
      'critical 10.0.0.1 443/tcp: Apache Log4j < 2.15.0 RCE (156032, CVSS 10), open since 2026-11-10',
      'high 10.0.0.2 445/tcp: SMB Signing not required (57608), open since 2026-11-10',
      'medium 10.0.0.1 22/tcp: SSH Server CBC Mode Ciphers Enabled (70658, CVSS 4.3), open since 2026-11-10',
    ],
    keep: {
      scanned,
      open: { '2026-11-10': ['10.0.0.1 22/tcp 70658', '10.0.0.1 443/tcp 156032', '10.0.0.2 445/tcp 57608'] },
      fixed: 0,
      compared: false,
    },
  });
  expect((await make({ critical: { fail: 1 } })).state).toBe('warn');
  expect((await make({ critical: { fail: 1 }, high: { warn: 1 } })).state).toBe('pass');
  expect((await make({ critical: { fail: 1 }, high: { warn: 1 }, medium: { fail: 0 } })).state).toBe('fail');
});

test('what is new, what is fixed, what is open for too long', async () => {
  const lenient = { critical: { fail: 9 }, high: { warn: 9 } };
  put('1.nessus', nessus);
  const first = await make(lenient);
  expect(first.state).toBe('pass');
  // A week later: the SMB finding is gone, another is there.
  const second = later(8).replace(
    'pluginID="57608" pluginName="SMB Signing not required"',
    'pluginID="1" pluginName="New one"',
  );
  put('2.nessus', second, scanned + 8 * day);
  const next = await make(lenient, { kept: first.keep, days: 9 });
  expect(next.message).toBe(
    '1 critical, 1 high and 1 medium findings on 2 hosts; 1 are open for too long; 1 new and 1 fixed since the report before; scanned 24 h 00 min ago',
  );
  expect(next.state).toBe('fail');
  expect(next.details[0]).toMatch(/open since 2026-11-10, too long$/);
  expect(next.details[1]).toMatch(/^high 10\.0\.0\.2 445\/tcp: New one \(1\), open since 2026-11-18$/);
  // The same report again changes nothing.
  const again = await make(lenient, { kept: next.keep, days: 10 });
  expect(again.message).toContain('1 new and 1 fixed since the report before');
  expect(again.keep).toEqual(next.keep);
  expect((await make({ ...lenient, repairWithin: { critical: '90d' } }, { kept: next.keep, days: 10 })).state).toBe(
    'pass',
  );
});

test('a host that was not scanned is not repaired', async () => {
  put('1.nessus', nessus);
  const first = await make();
  const without = later(8).replace(/<ReportHost name="10\.0\.0\.2">.*<\/ReportHost>/s, '');
  put('2.nessus', without, scanned + 8 * day);
  const next = await make({}, { kept: first.keep, days: 9 });
  expect(next.message).toContain('0 new and 0 fixed since the report before; not scanned this time: 10.0.0.2');
  put('3.nessus', later(16), scanned + 16 * day);
  const back = await make({}, { kept: next.keep, days: 17 });
  expect(back.message).toContain('0 new and 0 fixed');
  expect(back.details.find((line) => line.includes('SMB'))).toContain('open since 2026-11-10');
});

test('what somebody answers for, until a day', async () => {
  put('week.nessus', nessus);
  const accepted = (until: string, more = {}) => [{ id: '156032', until, reason: 'behind a proxy', ...more }];
  const made = await make({ accepted: accepted('2026-11-11'), high: {} });
  expect(made).toMatchObject({
    state: 'warn',
    message: '0 critical, 1 high and 1 medium findings on 2 hosts; 1 accepted; scanned 24 h 00 min ago',
  });
  // It is followed all the same, so that its end finds it open for as long as it is.
  expect(JSON.stringify(made.keep)).toContain('156032');
  expect((await make({ accepted: accepted('2026-11-10') })).state).toBe('fail');
  expect((await make({ accepted: accepted('2026-11-30', { host: '10.0.0.2' }) })).state).toBe('fail');
});

test('only the own host', async () => {
  put('week.nessus', nessus);
  const of = (address: string) => make({ hosts: 'own' }, { address });
  expect((await of('10.0.0.2')).message).toBe(
    '0 critical, 1 high and 0 medium findings on 1 hosts; scanned 24 h 00 min ago',
  );
  expect(await of('10.0.0.3')).toMatchObject({
    state: 'error',
    message: `the scan of ${folder}/week.nessus has not reached this host`,
  });
});

test('the newest of several, or all', async () => {
  put('a.nessus', nessus, scanned + 5);
  put('b.nessus', nessus.replace(/<ReportItem.*<\/ReportItem>/gs, ''), scanned + 9);
  expect((await make()).message).toContain('0 critical, 0 high and 0 medium');
  expect((await make({ use: 'all' })).message).toContain('1 critical, 1 high');
  put('c.xml', openvas);
  expect((await make({ path: `${folder}/c.xml` })).message).toContain(
    '1 critical, 0 high and 0 medium findings on 2 hosts',
  );
});

test('what says nothing is an error', async () => {
  expect(await make()).toMatchObject({ state: 'error', message: `there is no file ${folder}/*.nessus` });
  expect((await make({ path: `${folder}/none.xml` })).state).toBe('error');
  put('week.nessus', nessus);
  expect(await make({}, { days: 36 })).toMatchObject({
    state: 'error',
    message: `the scan of ${folder}/week.nessus is 36 d 0 h old`,
  });
  expect((await make({}, { days: -3 })).message).toContain('is in the future');
  expect((await make({}, { kept: { scanned: scanned + 1, open: {}, fixed: 0, compared: true } })).message).toContain(
    'is older than the report that was read before',
  );
  expect((await make({}, { kept: 'x' })).state).toBe('error');
  put('week.nessus', nessus.replace(/<ReportHost.*<\/ReportHost>/s, ''));
  expect((await make()).message).toContain('has reached no host');
  put('week.nessus', nessus.slice(0, 500));
  expect((await make()).state).toBe('error');
  put('week.nessus', `${nessus}${' '.repeat(1_100_000)}`);
  expect((await make({ maxSize: 1 })).message).toContain('is larger than 1048576 bytes');
});

test('arguments', () => {
  expect(complaints('scan-report', { path: 'week.nessus' })).toEqual(['path: not an absolute path of a file']);
  expect(complaints('scan-report', { path: '/a', accepted: [{ id: '1', until: 'soon', reason: 'x' }] })).toHaveLength(
    1,
  );
});
