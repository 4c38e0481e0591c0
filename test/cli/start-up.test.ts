import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const preload = join(root, 'test/helpers/loaded-modules.ts');
/** What a light command may not load: each costs 10 to 160 ms. */
const heavy =
  /\/node_modules\/(@aws-sdk|@smithy|@inquirer|age-encryption|archiver|better-sqlite3|execa|kysely|ldapts|listr2|mysql2|node-ssh|nodemailer|pg|ssh2|tar-stream)\//;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oaops-start-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function modulesOf(program: string, args: string[]): { status: number | null; stdout: string; modules: string[] } {
  const list = join(folder, 'modules');
  rmSync(list, { force: true });
  const env = { PATH: '/usr/bin:/bin', HOME: folder, OAOPS_STATE_DIR: join(folder, 'state'), OAOPS_TEST_MODULES: list };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', preload, join(root, program), ...args], {
    encoding: 'utf8',
    env,
  });
  return {
    status,
    stdout: stdout + stderr,
    modules: existsSync(list) ? readFileSync(list, 'utf8').trim().split('\n') : [],
  };
}

describe('the built program', () => {
  const built = existsSync(join(root, 'oclif.manifest.json')) && existsSync(join(root, 'dist/src/cli/main.js'));

  test
    .skipIf(!built)
    .each([
      [['--version']],
      [['--help']],
      [['runbook', 'list']],
      [['runbook', '--help']],
      [['config', 'show']],
      [['autocomplete', 'bash']],
      [['no-such-command']],
    ])('oaops %j loads nothing heavy', (args) => {
    const { modules, stdout } = modulesOf('bin/run.js', args);
    expect(stdout).not.toContain('defect of oaops');
    expect(modules.filter((url) => heavy.test(url))).toEqual([]);
    expect(modules.some((url) => url.endsWith('/dist/src/cli/main.js'))).toBe(true);
  });

  test.skipIf(!built)('--version does not even load the command framework', () => {
    const { modules, stdout } = modulesOf('bin/run.js', ['--version']);
    expect(stdout).toMatch(/^oaops\/\d+\.\d+\.\d+ \w+-\w+ node-v\d+\.\d+\.\d+\n$/);
    expect(modules.filter((url) => url.includes('/node_modules/@oclif/'))).toEqual([]);
  });
});

test('the watch sees what is loaded: development mode reads every command', () => {
  const { modules } = modulesOf('bin/dev.js', ['--help']);
  expect(modules.some((url) => url.includes('/node_modules/@oclif/'))).toBe(true);
  expect(modules.some((url) => url.endsWith('/commands/config/show.ts'))).toBe(true);
});
