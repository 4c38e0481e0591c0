import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeCertificate } from '../../helpers/certificate.ts';
import { needs } from '../../helpers/needs.ts';
import { complaints, judged, makeCheck, shells } from '../../helpers/probe.ts';

const nowMs = Date.parse('2026-11-01T00:00:00Z');
const answer = `file /etc/ssl/a.pem
notBefore=Nov  1 00:00:00 2025 GMT
notAfter=Nov 11 00:00:00 2026 GMT
subject=CN=oa.example.com
notBefore=Nov  1 00:00:00 2020 GMT
notAfter=Oct 30 12:00:00 2026 GMT
subject=CN=王 CA,O=X`;

test('each certificate of a file, the one that ends first in front', () => {
  expect(judged('certificate', { paths: ['/etc/ssl/a.pem'] }, answer, { nowMs })).toEqual({
    state: 'fail',
    message:
      'CN=oa.example.com in /etc/ssl/a.pem is valid for 10 more days; CN=王 CA,O=X in /etc/ssl/a.pem expired 1.5 days ago',
    measures: [
      { name: '/etc/ssl/a.pem', value: 10, unit: '', warn: '30:', fail: '7:' },
      { name: '/etc/ssl/a.pem 2', value: -1.5, unit: '', warn: '30:', fail: '7:' },
    ],
    details: [
      'CN=oa.example.com in /etc/ssl/a.pem is valid for 10 more days',
      'CN=王 CA,O=X in /etc/ssl/a.pem expired 1.5 days ago',
    ],
    next: 'Renew it, and look why whatever renews it did not.',
  });
  const early = judged('certificate', { paths: ['/a'] }, answer, { nowMs: Date.parse('2019-01-01T00:00:00Z') });
  expect(early).toMatchObject({ state: 'fail', message: expect.stringContaining('is not valid before 2025-11-01') });
});

test.each([
  ['', 'no file /a was looked at'],
  ['file /a', 'no file /a was looked at'],
  ['file /a\nnotAfter=Nov 11 00:00:00 2026 GMT\nsubject=x', 'the answer about the certificates is not understood'],
  [
    'file /a\nnotBefore=yesterday\nnotAfter=11. Nov 2026\nsubject=x',
    'the answer about the certificates is not understood',
  ],
  ['file /a\nmissing', 'there is no file /a'],
  ['file /a\nforbidden', '/a cannot be read by this user'],
  ['file /a\nunreadable', '/a holds something that is no certificate'],
])('%j is an error', (output, message) => {
  expect(judged('certificate', { paths: ['/a'] }, output)).toMatchObject({ state: 'error', message });
});

test('paths are absolute', () => {
  expect(complaints('certificate', { paths: ['a.pem'] })).toEqual(['paths.0: not an absolute path']);
});

describe('real files', () => {
  let folder: string;
  beforeEach(needs('openssl'));
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'oaops cert-'));
    const { certificate, key } = makeCertificate(folder, 'one');
    makeCertificate(folder, 'two');
    appendFileSync(certificate, readFileSync(join(folder, 'two.pem')));
    execFileSync('openssl', [
      'x509',
      '-in',
      join(folder, 'two.pem'),
      '-outform',
      'DER',
      '-out',
      join(folder, 'three.der'),
    ]);
    writeFileSync(join(folder, 'with-key.pem'), `${readFileSync(key)}${readFileSync(join(folder, 'two.pem'))}`);
    writeFileSync(join(folder, 'no.txt'), 'nothing\n');
    mkdirSync(join(folder, "odd $(touch x) 'q"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(shells)('%s: PEM with several, DER, a pattern, a folder with blanks', async (_name, shell) => {
    const paths = [`${folder}/o*.pem`, `${folder}/three.der`, `${folder}/with-key.pem`];
    const made = await makeCheck('certificate', { paths, warn: '1:', fail: '0:' }, { shell });
    expect(made.state).toBe('pass');
    expect(made.message).toMatch(/^CN=(one|two) in .* is valid for (1\.9|2) more days$/);
    expect(made.measures.map(({ name }) => name.slice(folder.length + 1))).toEqual([
      'one.pem',
      'one.pem 2',
      'three.der',
      'with-key.pem',
    ]);
    expect(JSON.stringify(made)).not.toContain('PRIVATE');
    const soon = await makeCheck('certificate', { paths }, { shell });
    expect(soon.state).toBe('fail');
  });

  test.each(shells)('%s: what is missing, or is none', async (_name, shell) => {
    for (const [path, message] of [
      [`${folder}/nope*`, `there is no file ${folder}/nope*`],
      [`${folder}/no.txt`, `${folder}/no.txt holds something that is no certificate`],
      [`${folder}/odd $(touch x) 'q/*.pem`, `there is no file ${folder}/odd $(touch x) 'q/*.pem`],
    ] as const)
      expect(await makeCheck('certificate', { paths: [path] }, { shell })).toMatchObject({ state: 'error', message });
  });
});

describe.skipIf(!needs('openssl'))('a file that was cut off', () => {
  test.each(shells)('is no good certificate, in %s', async (_name, shell) => {
    const folder = mkdtempSync(join(tmpdir(), 'oaops-cut-'));
    try {
      const cert = readFileSync(makeCertificate(folder, 'oa', 'DNS:oa', 90).certificate, 'utf8');
      const path = join(folder, 'chain.pem');
      writeFileSync(path, `${cert}${cert.slice(0, 300)}`);
      expect(await makeCheck('certificate', { paths: [path] }, { shell })).toMatchObject({
        state: 'error',
        message: expect.stringContaining('holds something that is no certificate'),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
