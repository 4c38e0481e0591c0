import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { blankLine, FormatV1Writer } from '../../helpers/format-v1-writer.ts';
import { restoreFrom } from '../../helpers/restoring.ts';

const work = mkdtempSync(join(tmpdir(), 'oaops-in-place-dumps-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

test('dumps are put among live files only when they are named', async () => {
  const repo = join(work, 'repo');
  const target = join(work, 'live');
  mkdirSync(target);
  const writer = new FormatV1Writer(repo);
  const file = (path: string) => ({ ...blankLine('f', path), ...writer.fileContent(Buffer.from(path)) });
  const folder = (path: string) => ({ ...blankLine('d', path), mode: '0755' });
  writer.snapshot(
    '20261122T180512Z-9f3a1c2b',
    [folder('.oaops-dumps'), folder('.oaops-dumps/oa'), file('.oaops-dumps/oa/oa.dump'), folder('srv'), file('srv/f')],
    ['/srv'],
  );
  const owners = 'none';
  expect(await restoreFrom(repo, { target, inPlace: true, owners })).toMatchObject({ exitCode: 0 });
  expect(readdirSync(target)).toEqual(['srv']);
  await restoreFrom(repo, { target, inPlace: true, owners, include: ['/.oaops-dumps/oa/oa.dump'] });
  expect(readdirSync(join(target, '.oaops-dumps/oa'))).toEqual(['oa.dump']);
});
