import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { antivirus } from '../../../src/inspect/checks/antivirus.ts';
import { isRoot, judged, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const now = Date.UTC(2026, 10, 30, 6, 0) / 1000;
const daily = (date: string) => `now ${now}\nclamav daily.cvd ClamAV-VDB:${date}:27104:2060000:90:X:`;

describe('antivirus', () => {
  test('ClamAV: by the time in its definitions', () => {
    expect(judged(antivirus, {}, daily('29 Nov 2026 09-25 +0100'))).toMatchObject({
      state: 'pass',
      message: 'virus definitions daily.cvd 27104 are 21 h 35 min old',
      measures: [{ name: 'age', value: 77_700, unit: 's', warn: '172800', fail: '604800' }],
    });
    expect(judged(antivirus, {}, daily('26 Nov 2026 09-25 +0000')).state).toBe('warn');
    expect(judged(antivirus, {}, daily('26 Oct 2026 09-25 -0430')).state).toBe('fail');
    const two = `${daily('26 Oct 2026 09-25 +0000')}\nclamav daily.cld ClamAV-VDB:29 Nov 2026 09-25 +0000:27105:1:90:X:`;
    expect(judged(antivirus, {}, two)).toMatchObject({
      state: 'pass',
      message: expect.stringContaining('daily.cld 27105'),
    });
  });

  test('none is a failure, and a time to come an error', () => {
    expect(judged(antivirus, {}, `now ${now}`)).toMatchObject({
      state: 'fail',
      message: 'there are no definitions of ClamAV',
    });
    expect(judged(antivirus, { files: ['/a/*.dat'] }, `now ${now}`).state).toBe('fail');
    expect(judged(antivirus, {}, daily('26 Dec 2026 09-25 +0000')).state).toBe('error');
  });

  test.each(['', 'now x', daily('nonsense'), `now ${now}\nclamav daily.cvd ?????`])('%j is an error', (lines) => {
    expect(judged(antivirus, {}, lines).state).toBe('error');
  });

  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'oaops av $(x)-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(shells)('another product by its files, in %s', (shell) => {
    const at = Date.now() / 1000;
    for (const [name, days] of [
      ['a.dat', 30],
      ['b.dat', 3],
      ['c.txt', 0],
    ] as const) {
      writeFileSync(join(folder, name), '');
      utimesSync(join(folder, name), at - days * 86_400, at - days * 86_400);
    }
    expect(probedAndJudged(antivirus, { files: [join(folder, '*.dat')] }, { shell })).toMatchObject({
      state: 'warn',
      message: expect.stringContaining('b.dat are 3 d 0 h old'),
    });
    expect(probedAndJudged(antivirus, { files: [join(folder, '*.sig')] }, { shell }).state).toBe('fail');
  });

  test.skipIf(!isRoot).each(shells)('the probe in %s reads where freshclam writes', (shell) => {
    const before = [
      // An /etc of its own.
      'mount -t tmpfs none /mnt',
      'mkdir /mnt/upper /mnt/work /mnt/definitions',
      'mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc',
      'mkdir -p /etc/clamav',
      'echo "DatabaseDirectory /mnt/definitions" >/etc/clamav/freshclam.conf',
      `printf 'ClamAV-VDB:29 Nov 2020 09-25 +0000:27104:2060000:90:X:Y:Z\\000\\377binary' >/mnt/definitions/daily.cvd`,
    ].join('\n');
    expect(probedAndJudged(antivirus, {}, { shell, before })).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('virus definitions daily.cvd 27104 are'),
    });
  });
});
