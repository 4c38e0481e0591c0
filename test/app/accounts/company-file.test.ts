import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCompanyFile } from '../../../src/app/accounts/company-file.ts';
import { OaopsError } from '../../../src/core/errors.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-company-'));
  file = join(folder, 'accounts.yaml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function refused(text: string | Uint8Array): OaopsError {
  writeFileSync(file, text);
  try {
    readCompanyFile(file);
  } catch (error) {
    expect(error).toBeInstanceOf(OaopsError);
    return error as OaopsError;
  }
  throw new Error('it was not refused');
}

test('reads what it says, with paths from its own folder', () => {
  writeFileSync(file, 'sources:\n  - {id: hr, type: csv, file: hr.csv}\nprotected: [{account: boss, reason: vip}]\n');
  expect(readCompanyFile(file)).toMatchObject({
    sources: [{ id: 'hr', file: join(folder, 'hr.csv'), complete: true }],
    protected: [{ account: 'boss', reason: 'vip' }],
  });
});

const defects: [why: string, text: string, line: number, col: number, message: RegExp][] = [
  ['a key that there is not', 'protect: []\n', 1, 1, /unknown key "protect"/],
  ['a wrong value', 'caps:\n  count: many\n', 2, 10, /count/],
  ['a share that is none', 'caps: {share: 10}\n', 1, 15, /share/],
  ['YAML that is broken', 'caps: {share: "10%"\n', 1, 1, /./],
  [
    'a source that there is not',
    'sources:\n  - {id: hr, type: csv, file: hr.csv}\ndirectories:\n  - {id: oa, type: csv, file: oa.csv, judgedBy: [ps]}\n',
    4,
    50,
    /^there is no source "ps"$/,
  ],
  [
    'an id that is there twice',
    'sources:\n  - {id: hr, type: csv, file: a.csv}\n  - {id: hr, type: csv, file: b.csv}\n',
    3,
    10,
    /^the id "hr" is there twice$/,
  ],
];

test.each(defects)('%s is refused with its place', (why, text, line, col, message) => {
  const error = refused(text);
  expect(error).toMatchObject({ code: 'accounts-file-invalid', exitCode: 2, position: { file } });
  expect(error.message).toMatch(message);
  if (why !== 'YAML that is broken') expect(error.position).toEqual({ file, line, col });
});

test('more findings than one are counted', () => {
  expect(refused('caps: {count: many, share: some}\nprotect: []\n').message).toMatch(/\(and 2 more\)$/);
});

test('a file that is not there is named', () => {
  expect(() => readCompanyFile(join(folder, 'gone.yaml'))).toThrow(/gone\.yaml cannot be read \(ENOENT\)/);
});
