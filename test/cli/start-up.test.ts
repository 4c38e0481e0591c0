import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const preload = join(root, 'test/helpers/loaded-modules.ts');
/** What a light command may not load: each costs 10 to 160 ms. */
const heavy = [
  ...[
    '@aws-sdk/client-s3',
    '@inquirer/core',
    '@inquirer/prompts',
    '@smithy/core',
    'age-encryption',
    'archiver',
    'better-sqlite3',
    'execa',
  ],
  ...['kysely', 'ldapts', 'listr2', 'mysql2', 'node-ssh', 'nodemailer', 'pg', 'ssh2', 'tar-stream'],
];

/** Entered only with the data of a thread; the tests of backup and restore do that. */
const isThread = (file: string) => file.startsWith('chunks/threads/');

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
  const list = join(root, 'dist/packages.json');
  const built = existsSync(join(root, 'oclif.manifest.json')) && existsSync(list);
  /** Packages by the file of dist/ that they were bundled into. */
  const bundled: Record<string, string[]> = built ? JSON.parse(readFileSync(list, 'utf8')) : {};
  const dist = `${pathToFileURL(join(root, 'dist'))}/`;

  /** Packages among `modules`, bundled ones and those that stay in node_modules. */
  function packagesIn(modules: string[]): string[] {
    const names = modules.flatMap((url) => {
      const own = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
      return own ? [own] : url.startsWith(dist) ? bundled[url.slice(dist.length)]! : [];
    });
    return [...new Set(names)];
  }

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
    expect(packagesIn(modules).filter((name) => heavy.includes(name))).toEqual([]);
    expect(modules).toContain(`${dist}src/cli/main.js`);
  });

  test.skipIf(!built)('--version does not even load the command framework', () => {
    const { modules, stdout } = modulesOf('bin/run.js', ['--version']);
    expect(stdout).toMatch(/^oaops\/\d+\.\d+\.\d+ \w+-\w+ node-v\d+\.\d+\.\d+\n$/);
    expect(packagesIn(modules)).not.toContain('@oclif/core');
    expect(packagesIn(modulesOf('bin/run.js', ['--help']).modules)).toContain('@oclif/core');
  });

  test.skipIf(!built)(
    'a backup without runbook and configuration loads nothing to read such, and no other language',
    () => {
      const repo = join(folder, 'repo');
      expect(modulesOf('bin/run.js', ['backup', 'init', '--repo', repo, '--no-encryption']).status).toBe(0);
      const { modules, stdout } = modulesOf('bin/run.js', ['backup', 'create', preload, '--repo', repo]);
      expect(stdout).toContain('complete');
      const packages = packagesIn(modules);
      expect(packages).toContain('better-sqlite3');
      expect(packages.filter((name) => ['@marcbachmann/cel-js', 'yaml', 'zod', 'croner'].includes(name))).toEqual([]);
      expect(modules.filter((url) => /\/chinese\b/.test(url))).toEqual([]);
    },
  );

  test.skipIf(!built)('every heavy package is known by its name, wherever the build put it', () => {
    const names = new Set(Object.values(bundled).flat());
    // These two find files beside themselves and cannot be bundled: bin/bundle.ts.
    expect(heavy.filter((name) => !names.has(name))).toEqual(['better-sqlite3', 'ssh2']);
  });

  test.skipIf(!built)('a program starts the threads of its own build, also when it is built anew while it runs', () => {
    const names = Object.keys(bundled).map((file) => file.replace(/-[\w-]{8}\.js$/, ' of this build'));
    expect(names).toContain('chunks/threads/src/backup/create/pack-thread of this build');
    expect(names).toContain('chunks/threads/src/backup/restore/worker of this build');
  });

  test.skipIf(!built)('each of its files can be loaded: no package misses what lay beside it', () => {
    const files = Object.keys(bundled).filter((file) => !isThread(file));
    const load = `for (const file of process.argv.slice(1)) {
      try { await import(file); } catch (error) { console.log(file, error.stack); }
    }`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', load, ...files.map((file) => dist + file)],
      { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', HOME: folder } },
    );
    expect(stdout + stderr).toBe('');
    expect(files.length).toBeGreaterThan(100);
  });
});

test('the watch sees what is loaded: development mode reads every command', () => {
  const { modules } = modulesOf('bin/dev.js', ['--help']);
  expect(modules.some((url) => url.includes('/node_modules/@oclif/'))).toBe(true);
  expect(modules.some((url) => url.endsWith('/commands/config/show.ts'))).toBe(true);
});
