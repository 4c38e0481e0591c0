import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AdHoc } from '../../src/app/ad-hoc.ts';
import { openApp } from '../../src/app.ts';
import { OaopsError } from '../../src/core/errors.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-ad-hoc-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const globals = { json: false, quiet: false, verbose: false, debug: false, color: false };

test('what work without a run tells the record is redacted: subject, details, message of the failure and facts', async () => {
  const secret = 'Tr0ub4dor&3-horse';
  await using app = openApp(globals, { env: { OAOPS_STATE_DIR: dir, PATH: '/usr/bin:/bin' } });
  app.redactor.add(secret);
  const adHoc = new AdHoc(app, 'backup.restore', (message) => expect.unreachable(message));
  const failing = () => Promise.reject(new OaopsError('leg-failed', `the answer was: ${secret} is wrong`));
  await expect(adHoc.run([`/srv/${secret}`], { target: secret }, failing, () => undefined)).rejects.toThrow(
    'the answer was',
  );
  await adHoc.ended('k', { note: secret });
  const { database } = await app.record();
  const stored = await database.read(async (db) => ({
    audit: await db.selectFrom('audit').selectAll().execute(),
    facts: await db.selectFrom('facts').selectAll().execute(),
  }));
  expect(stored.audit.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['backup.restore.started', 'backup.restore.failed', 'fact.added']),
  );
  expect(JSON.stringify(stored)).toContain('the answer was: *** is wrong');
  expect(JSON.stringify(stored)).not.toContain(secret);
});
