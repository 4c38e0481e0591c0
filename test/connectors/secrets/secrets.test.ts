import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
