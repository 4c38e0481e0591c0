import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { PersonField } from '../../../src/accounts/schema/sources.ts';
import { headerNames } from '../../../src/accounts/sources/header-names.ts';
import { plainName } from '../../../src/accounts/sources/headers.ts';
import { blocksOf } from '../../helpers/markdown.ts';
import { sourceStage } from '../../helpers/source-stage.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const file = 'docs/accounts-sources.md';
const blocks = blocksOf(root, file);
const stage = sourceStage();
afterAll(() => stage.remove());

test('the roster of the document is read as it says', async () => {
  const [spec] = parse(blocks.find(({ lang }) => lang === 'yaml')!.text).sources;
  stage.write('roster-2026-11-30.csv', blocks.find(({ lang }) => lang === 'text')!.text);
  const read = await stage.read({ ...spec, minRows: 1 });
  expect(read).toMatchObject({ rows: 3, asOf: '2026-11-30', asOfBy: 'column' });
  expect(read.people.map(({ id, login, manager, employment }) => [id, login, manager, employment])).toEqual([
    ['00123', 'wangxm', '00007', 'active'],
    ['00124', 'lilei', '00007', 'left'],
    ['00125', 'hanmm', '00008', 'active'],
  ]);
});

test('the names of columns in the document are known', () => {
  const rows = readFileSync(`${root}/${file}`, 'utf8').matchAll(/^\| (`[a-zA-Z`, ]+) \| ([^|]+;[^|]+) \|/gm);
  const unknown: string[] = [];
  let seen = 0;
  for (const [, fields, names] of rows) {
    const known = [...fields!.matchAll(/\w+/g)].flatMap(([field]) => headerNames[field as PersonField]);
    for (const name of names!.split(/[,;]/)) {
      seen++;
      if (!known.includes(plainName(name))) unknown.push(name);
    }
  }
  expect(unknown).toEqual([]);
  expect(seen).toBeGreaterThan(25);
});
