import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const depcruise = join(root, 'node_modules/.bin/depcruise');

function cruise(cwd: string): { errors: string[]; modules: number } {
  const { stdout } = spawnSync(
    process.execPath,
    [depcruise, 'src', 'commands', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'],
    { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string }; from: string }[]; totalCruised: number };
  };
  return {
    errors: summary.violations.map((violation) => `${violation.rule.name}: ${violation.from}`),
    modules: summary.totalCruised,
  };
}

let tree: string;

/** A small tree with the rooms of the real one, and its configuration. */
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'oaops-fence-'));
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    cpSync(join(root, name), join(tree, name));
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  const rooms = [
    'core',
    'runbook',
    'record',
    'calendar',
    'engine',
    'notify',
    'config',
    'backup',
    'rollout',
    'accounts',
    'actions',
    'connectors',
    'cli',
  ];
  for (const room of rooms) plant(`src/${room}/x.ts`, `export const ${room} = 1;\n`);
  plant('src/app.ts', 'export const app = 1;\n');
  plant('src/engine/ports.ts', 'export interface Port { a: 1 }\n');
  plant('commands/x.ts', 'export const command = 1;\n');
});
afterEach(() => rmSync(tree, { recursive: true, force: true }));

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

test.each([
  ['layer-core', 'src/core/y.ts', `import { runbook } from '../runbook/x.ts';\nexport const y = runbook;\n`],
  ['layer-core', 'src/core/y.ts', `import type { runbook } from '../runbook/x.ts';\nexport type Y = typeof runbook;\n`],
  ['core-is-bare', 'src/core/y.ts', `import { z } from 'zod';\nexport const y = z;\n`],
  ['layer-runbook', 'src/runbook/y.ts', `import { record } from '../record/x.ts';\nexport const y = record;\n`],
  ['layer-engine', 'src/engine/y.ts', `import { notify } from '../notify/x.ts';\nexport const y = notify;\n`],
  ['layer-engine', 'src/engine/y.ts', `export const y = () => import('../backup/x.ts');\n`],
  ['layer-backup', 'src/backup/y.ts', `import { rollout } from '../rollout/x.ts';\nexport const y = rollout;\n`],
  ['layer-accounts', 'src/accounts/y.ts', `import { rollout } from '../rollout/x.ts';\nexport const y = rollout;\n`],
  ['layer-accounts', 'src/accounts/y.ts', `export const y = () => import('../connectors/x.ts');\n`],
  ['layer-cli', 'src/cli/y.ts', `import { accounts } from '../accounts/x.ts';\nexport const y = accounts;\n`],
  ['layer-actions', 'src/actions/y.ts', `import { app } from '../app.ts';\nexport const y = app;\n`],
  ['layer-connectors', 'src/connectors/y.ts', `import { record } from '../record/x.ts';\nexport const y = record;\n`],
  [
    'connectors-types-only',
    'src/connectors/y.ts',
    `import * as ports from '../engine/ports.ts';\nexport const y = ports;\n`,
  ],
  ['layer-cli', 'src/cli/y.ts', `import { engine } from '../engine/x.ts';\nexport const y = engine;\n`],
  ['only-app-opens-connectors', 'commands/y.ts', `export const y = () => import('../src/connectors/x.ts');\n`],
  ['app-is-lazy', 'src/app.ts', `import { connectors } from './connectors/x.ts';\nexport const y = connectors;\n`],
  ['commands-are-lazy', 'commands/y.ts', `import { backup } from '../src/backup/x.ts';\nexport const y = backup;\n`],
  ['heavy-is-lazy', 'commands/y.ts', `import { execa } from 'execa';\nexport const y = execa;\n`],
  ['heavy-is-lazy', 'src/app.ts', `import { Kysely } from 'kysely';\nexport const y = Kysely;\n`],
  ['heavy-is-lazy', 'src/cli/y.ts', `import { S3Client } from '@aws-sdk/client-s3';\nexport const y = S3Client;\n`],
  [
    'files-behind-doors',
    'src/engine/y.ts',
    `import { readFileSync } from 'node:fs';\nexport const y = readFileSync;\n`,
  ],
  ['files-behind-doors', 'src/notify/y.ts', `export const y = () => import('node:fs/promises');\n`],
  ['layer-record', 'src/record/y.ts', `import { runbook } from '../runbook/x.ts';\nexport const y = runbook;\n`],
  ['layer-calendar', 'src/calendar/y.ts', `import { record } from '../record/x.ts';\nexport const y = record;\n`],
  ['layer-notify', 'src/notify/y.ts', `import { engine } from '../engine/x.ts';\nexport const y = engine;\n`],
  [
    'nothing-imports-commands',
    'src/app.ts',
    `import { command } from '../commands/x.ts';\nexport const y = command;\n`,
  ],
  ['engine-shows-nothing', 'src/engine/y.ts', `import { Chalk } from 'chalk';\nexport const y = Chalk;\n`],
  [
    'nothing-imports-commands',
    'src/core/y.ts',
    `import { command } from '../../commands/x.ts';\nexport const y = command;\n`,
  ],
  ['no-test-tools-in-product', 'src/runbook/y.ts', `import fc from 'fast-check';\nexport const y = fc;\n`],
  ['nothing-unresolved', 'src/runbook/y.ts', `import { gone } from './gone.ts';\nexport const y = gone;\n`],
])('a planted violation of %s in %s is found', (rule, path, text) => {
  plant(path, text);
  expect(cruise(tree).errors).toContain(`${rule}: ${path}`);
});

test('a circle is found', () => {
  plant('src/backup/a.ts', `import { b } from './b.ts';\nexport const a = () => b;\n`);
  plant('src/backup/b.ts', `import { a } from './a.ts';\nexport const b = () => a;\n`);
  expect(cruise(tree).errors.join()).toContain('no-circles: src/backup/');
});

test('what is allowed is allowed', () => {
  plant('src/engine/y.ts', `import { runbook } from '../runbook/x.ts';\nexport const y = runbook;\n`);
  plant(
    'src/connectors/y.ts',
    `import type { Port } from '../engine/ports.ts';\nimport { execa } from 'execa';\nexport const y: Port | typeof execa = execa;\n`,
  );
  plant('src/app.ts', `export const app = () => import('./connectors/y.ts');\n`);
  plant(
    'commands/x.ts',
    `import { app } from '../src/app.ts';\nexport const x = async () => [app, await import('../src/backup/x.ts')];\n`,
  );
  expect(cruise(tree)).toEqual({ errors: [], modules: expect.any(Number) });
});

test('the tree itself keeps to it, and is really read', { timeout: 60_000 }, () => {
  const { errors, modules } = cruise(root);
  expect(errors).toEqual([]);
  expect(modules).toBeGreaterThan(100);
});
