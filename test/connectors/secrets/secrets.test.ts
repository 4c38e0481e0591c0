import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secretDoor } from '../../../src/connectors/secrets/secrets.ts';
import { Redactor } from '../../../src/core/redaction.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-secrets-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('env, file and systemd credential are read and redacted from then on', async () => {
  writeFileSync(join(dir, 'db'), 'from-file\n', { mode: 0o600 });
  const redactor = new Redactor();
  const secrets = secretDoor({ DB_PASSWORD: 'from-env', CREDENTIALS_DIRECTORY: dir }, redactor);
  expect(await secrets.resolve('env:DB_PASSWORD')).toBe('from-env');
  expect(await secrets.resolve(`file:${join(dir, 'db')}`)).toBe('from-file');
  expect(await secrets.resolve('cred:db')).toBe('from-file');
  expect(redactor.redact('from-env from-file')).toBe('*** ***');
});

test('a file that everybody can read is refused', async () => {
  const path = join(dir, 'open');
  writeFileSync(path, 'value');
  chmodSync(path, 0o644);
  await expect(secretDoor({}, new Redactor()).resolve(`file:${path}`)).rejects.toMatchObject({
    code: 'secret-unsafe',
    exitCode: 4,
  });
});

test('a text that is no reference is refused without being repeated', async () => {
  const attempt = secretDoor({}, new Redactor()).resolve('hunter2-in-clear');
  await expect(attempt).rejects.toMatchObject({ code: 'secret-reference-invalid', exitCode: 2 });
  await expect(attempt).rejects.not.toThrow(/hunter2/);
});

test.each(['env:ABSENT', 'file:/nonexistent/secret', 'cred:db'])(
  '%s that is not there is a named failure',
  async (ref) => {
    await expect(secretDoor({}, new Redactor()).resolve(ref)).rejects.toMatchObject({ code: 'secret-missing' });
  },
);

test('a credential name cannot leave its folder', async () => {
  const secrets = secretDoor({ CREDENTIALS_DIRECTORY: dir }, new Redactor());
  await expect(secrets.resolve('cred:../etc/passwd')).rejects.toMatchObject({ code: 'secret-reference-invalid' });
  await expect(secrets.resolve('cred:..')).rejects.toMatchObject({ code: 'secret-reference-invalid' });
});

test('what is no secret is refused: empty, no text, too large, a pipe, a folder', async () => {
  const secrets = secretDoor({ EMPTY: '', CREDENTIALS_DIRECTORY: dir }, new Redactor());
  const at = (name: string) => join(dir, name);
  writeFileSync(at('empty'), '\n', { mode: 0o600 });
  writeFileSync(at('nul'), 'a\0b', { mode: 0o600 });
  writeFileSync(at('binary'), Buffer.from([0xff, 0xfe, 0x41]), { mode: 0o600 });
  writeFileSync(at('large'), '', { mode: 0o600 });
  truncateSync(at('large'), 100_000_000);
  writeFileSync(at('writable'), 'value', { mode: 0o600 });
  chmodSync(at('writable'), 0o602);
  execFileSync('mkfifo', ['-m', '600', at('pipe')]);
  const codes = await Promise.all(
    [
      'env:EMPTY',
      ...['empty', 'nul', 'binary', 'large', 'pipe', '.', 'writable'].map((name) => `file:${at(name)}`),
    ].map((ref) => secrets.resolve(ref).catch((error: { code: string }) => error.code)),
  );
  expect(codes).toEqual([
    'secret-missing',
    'secret-missing',
    'secret-unusable',
    'secret-unusable',
    'secret-unusable',
    'secret-unusable',
    'secret-unusable',
    'secret-unsafe',
  ]);
});

test('a link is followed, and the file behind it decides', async () => {
  writeFileSync(join(dir, 'real'), 'behind the link\r\n', { mode: 0o600 });
  symlinkSync('real', join(dir, 'link'));
  const secrets = secretDoor({}, new Redactor());
  expect(await secrets.resolve(`file:${join(dir, 'link')}`)).toBe('behind the link');
  chmodSync(join(dir, 'real'), 0o644);
  await expect(secrets.resolve(`file:${join(dir, 'link')}`)).rejects.toMatchObject({ code: 'secret-unsafe' });
});

test('a prompted secret is what was typed for it, and redacted; one that nobody was asked for is missing', async () => {
  const redactor = new Redactor();
  const secrets = secretDoor({}, redactor, new Map([['prompt:OA', 'typed by hand']]));
  expect(await secrets.resolve('prompt:OA')).toBe('typed by hand');
  expect(redactor.redact('it is typed by hand')).toBe('it is ***');
  await expect(secrets.resolve('prompt:other')).rejects.toMatchObject({ code: 'secret-missing', exitCode: 4 });
});
