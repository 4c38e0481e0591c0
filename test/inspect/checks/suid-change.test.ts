import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { suidChange } from '../../../src/inspect/checks/suid-change.ts';
import { isRoot, judged, probed, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const two = 'searched /\nfound 4755 0 0 /usr/bin/su\nfound 2755 0 42 /usr/bin/a b\nend';
const list = ['2755 0 42 /usr/bin/a b', '4755 0 0 /usr/bin/su'];

describe('suid-change', () => {
  test('keeps the first list, then tells what differs', () => {
    expect(judged(suidChange, {}, two)).toEqual({
      state: 'pass',
      message: 'the first list of SUID and SGID files is kept: 2',
      keep: { list },
    });
    expect(judged(suidChange, {}, two, { kept: { list } })).toEqual({
      state: 'pass',
      message: 'the same SUID and SGID files as before: 2',
    });
    expect(judged(suidChange, {}, two, { kept: { list: list.slice(0, 1) } })).toMatchObject({
      state: 'fail',
      message: '/usr/bin/su (4755, 0:0) is a SUID or SGID file now',
      keep: { list },
    });
    const other = { list: [list[0], '4750 0 5 /usr/bin/su'] };
    expect(judged(suidChange, {}, two, { kept: other })).toMatchObject({
      state: 'fail',
      message: 'other SUID and SGID files than before: 1 new or changed, 1 gone or changed',
      details: [
        '/usr/bin/su (4755, 0:0) is a SUID or SGID file now',
        '/usr/bin/su (4750, 0:5) was a SUID or SGID file',
      ],
    });
  });

  test.each([
    '',
    'end',
    'searched /',
    'searched /\nfound 4755 0 0 /tmp/x\n4755 0 0 hidden\nend',
    'searched /\nfound 4755 0 0 x\nend',
  ])('%j is an error', (lines) => {
    expect(judged(suidChange, {}, lines, { kept: { list } }).state).toBe('error');
  });

  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'oaops-suid-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.skipIf(!isRoot).each(shells)('the probe in %s', (shell) => {
    const place = (name: string) => join(folder, shell, name);
    for (const name of ['one', 'left out', "o'dd $(x) *"]) mkdirSync(place(name), { recursive: true });
    const make = (path: string, mode: number) => {
      writeFileSync(path, '');
      chmodSync(path, mode);
    };
    make(place('one/plain'), 0o755);
    make(place('one/suid'), 0o4755);
    make(place('left out/suid'), 0o4755);
    make(place("o'dd $(x) */sgid"), 0o2711);
    const args = { paths: [place('one'), place("o'dd $(x) *"), place('left out')], except: [place('left out')] };
    const first = probedAndJudged(suidChange, args, { shell });
    expect(first).toMatchObject({ state: 'pass' });
    expect(first.keep).toEqual({
      list: [`2711 0 0 ${place("o'dd $(x) */sgid")}`, `4755 0 0 ${place('one/suid')}`],
    });
    chmodSync(place('one/suid'), 0o755);
    make(place('one/other'), 0o6755);
    expect(probedAndJudged(suidChange, args, { shell, kept: first.keep }).details).toEqual([
      `${place('one/other')} (6755, 0:0) is a SUID or SGID file now`,
      `${place('one/suid')} (4755, 0:0) was a SUID or SGID file`,
    ]);
    make(place('one/x\n9'), 0o4755);
    expect(probedAndJudged(suidChange, args, { shell, kept: first.keep }).state).toBe('error');
  });

  test.skipIf(!isRoot)('without paths, the disks are searched', () => {
    const { lines } = probed(suidChange, { except: ['/tmp', '/var', '/work', '/proc', '/root', '/home'] });
    expect(lines).toContain('searched /');
    expect(lines.some((line) => / \/usr\/bin\/su$/.test(line))).toBe(true);
  });
});

test.skipIf(!isRoot).each(shells)('a folder that is a link, and one that is not there, in %s', (shell) => {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-suid-'));
  try {
    mkdirSync(join(folder, 'usr'));
    writeFileSync(join(folder, 'usr/su'), '');
    chmodSync(join(folder, 'usr/su'), 0o4755);
    symlinkSync('usr', join(folder, 'bin'));
    expect(probed(suidChange, { paths: [join(folder, 'bin')] }, { shell }).lines).toContain(
      `found 4755 0 0 ${folder}/bin/su`,
    );
    expect(probedAndJudged(suidChange, { paths: [join(folder, 'none'), folder] }, { shell })).toMatchObject({
      state: 'error',
      message: `there is no folder ${folder}/none`,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a kept list that is not understood is no first one', () => {
  expect(judged(suidChange, {}, two, { kept: { list: 'x' } })).toEqual({
    state: 'error',
    message: 'what was kept of the last run is not understood: the list of now is kept instead',
    keep: { list },
  });
});
