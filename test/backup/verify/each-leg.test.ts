import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type App, openApp } from '../../../src/app.ts';
import { legsReport } from '../../../src/backup/verify/report.ts';
import { verifyRepository } from '../../../src/backup/verify/verify.ts';
import { withEachLeg } from '../../../src/backup/with-repository.ts';
import { backUp, makeRepositoryIn } from '../../helpers/backing-up.ts';
import { flipBit } from '../../helpers/restoring.ts';

let dir: string;
let legs: [string, string];
let app: App;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-legs-'));
  legs = [join(dir, 'local'), join(dir, 'off-site')];
  mkdirSync(join(dir, 'src'));
  writeFileSync(join(dir, 'src/contract'), 'signed');
  await makeRepositoryIn(legs, 'none');
  await backUp([join(dir, 'src')], legs, { state: join(dir, 'state') });
  const config = join(dir, 'config.yaml');
  const lines = legs.map((location, i) => `      - {name: leg${i}, location: ${location}}\n`).join('');
  writeFileSync(config, `repositories:\n  main:\n    legs:\n${lines}`, { mode: 0o600 });
  const env = { HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') };
  const globals = { json: false, quiet: false, verbose: false, debug: false, color: false, configFile: config };
  app = openApp(globals, { env });
});
afterEach(async () => {
  await app[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

async function verify(repo: string) {
  const door = await app.backup();
  const signal = new AbortController().signal;
  const looked = await withEachLeg(door, { repo }, (repository) =>
    verifyRepository(repository, { level: 'full' }, { ...door, signal }),
  );
  return legsReport('full', looked);
}

test('a repository of the configuration is verified on each of its legs', async () => {
  const report = await verify('main');
  expect(report).toMatchObject({ exitCode: 0, problems: 0, unread: [] });
  expect(report.legs.map(({ location }) => location)).toEqual(legs);
});

test('damage on the second leg is found', async () => {
  const folder = join(legs[1], 'packs', readdirSync(join(legs[1], 'packs'))[0]!);
  flipBit(join(folder, readdirSync(folder)[0]!));
  const report = await verify('main');
  expect(report.exitCode).toBe(9);
  expect(report.legs.map(({ problems }) => problems.length)).toEqual([0, 1]);
});

test('a leg that is gone does not hide the other, and is not green', async () => {
  renameSync(legs[0], join(dir, 'gone'));
  const report = await verify('main');
  expect(report.exitCode).toBe(3);
  expect(report.legs.map(({ location }) => location)).toEqual([legs[1]]);
  expect(report.unread).toMatchObject([{ location: legs[0], error: { code: 'leg-missing' } }]);
  expect(report.text).toContain('not verified');
});

test('a single repository that is not there is the error itself', async () => {
  await expect(verify(join(dir, 'nowhere'))).rejects.toMatchObject({ exitCode: 10 });
});
