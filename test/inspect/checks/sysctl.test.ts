import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sysctl } from '../../../src/inspect/checks/sysctl.ts';
import { isRoot, judged, probed, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const values = { 'net.ipv4.ip_forward': 0, 'kernel.sem': '250 32000 100 128', 'fs.file-max': { min: 1000, max: 2000 } };

describe('sysctl', () => {
  test('passes when all are as they should be', () => {
    const told = 'value 0 0\nvalue 1 250\t32000\t100\t128\nvalue 2 1500';
    expect(judged(sysctl, { values }, told)).toEqual({
      state: 'pass',
      message: 'kernel parameters as they should be: 3',
    });
  });

  test('names each that is not', () => {
    expect(judged(sysctl, { values }, 'value 0 1\nvalue 1 250 32000 32 128\nvalue 2 2001')).toMatchObject({
      state: 'fail',
      message: 'net.ipv4.ip_forward is 1, not 0; and 2 more besides',
      details: [
        'net.ipv4.ip_forward is 1, not 0',
        'kernel.sem is 250 32000 32 128, not 250 32000 100 128',
        'fs.file-max is 2001, above 2000',
      ],
    });
    expect(judged(sysctl, { values: { a: { min: 5 } }, level: 'warn' }, 'value 0 4')).toMatchObject({
      state: 'warn',
      message: 'a is 4, below 5',
    });
    expect(judged(sysctl, { values: { a: { min: 5 } } }, 'value 0 many').state).toBe('fail');
  });

  test('one that is missing fails or is passed over; one that cannot be read is an error', () => {
    expect(judged(sysctl, { values: { 'a.b': 1 } }, 'missing 0').state).toBe('fail');
    expect(judged(sysctl, { values: { 'a.b': 1 }, missing: 'ignored' }, 'missing 0').state).toBe('pass');
    expect(judged(sysctl, { values: { 'a.b': 1 } }, 'denied 0').state).toBe('error');
    expect(judged(sysctl, { values: { 'a.b': 1, c: 1 } }, 'value 0 1').state).toBe('error');
    expect(judged(sysctl, { values: { 'a.b': 0 } }, 'value 0 ').state).toBe('fail');
  });

  test('leads out of /proc/sys by no name', () => {
    for (const name of ['../version', 'kernel/../../version', '/etc/passwd', 'a..b', '', '$(id)'])
      expect(sysctl.withSchema.safeParse({ values: { [name]: 1 } }).success, name).toBe(false);
    expect(
      sysctl.words(sysctl.withSchema.parse({ values: { 'net/ipv4/conf/eth0.10/rp_filter': 1 } }), undefined),
    ).toEqual(['net/ipv4/conf/eth0.10/rp_filter']);
  });

  test.each(shells)('the probe in %s', (shell) => {
    const real = readFileSync('/proc/sys/kernel/ostype', 'utf8').trim();
    expect(
      probedAndJudged(sysctl, { values: { 'kernel.ostype': real, 'vm.swappiness': { min: 0, max: 200 } } }, { shell }),
    ).toMatchObject({ state: 'pass' });
    expect(probed(sysctl, { values: { 'kernel.no_such': 1 } }, { shell }).lines).toEqual(['missing 0']);
  });

  test.skipIf(!isRoot).each(shells)('a value without a line end, and an empty one, in %s', (shell) => {
    const over = { '/proc/sys/kernel/domainname': 'oa', '/proc/sys/kernel/core_pattern': '' };
    const wanted = { 'kernel.domainname': 'oa', 'kernel.core_pattern': 'x', 'kernel.ostype': 'Linux' };
    expect(probed(sysctl, { values: wanted }, { shell, over }).lines).toEqual([
      'value 0 oa',
      'value 1 ',
      'value 2 Linux',
    ]);
  });
});
