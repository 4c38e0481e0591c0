import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '@oclif/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { companyProblems } from '../../src/accounts/company/company.ts';
import { type Company, companySchema } from '../../src/accounts/schema/spec.ts';
import { openApp } from '../../src/app.ts';
import { configSchema } from '../../src/config/schema.ts';
import { checkText } from '../../src/runbook/load.ts';
import type { Catalogue } from '../../src/runbook/types.ts';
import { findCommand, parseWords, shellWords, sourceCommands } from '../helpers/command-lines.ts';
import { type Block, blocksOf, markdownFiles } from '../helpers/markdown.ts';

/**
 * The documents are executed, so that they stay true. CONTRIBUTING.md ("Documents") tells who writes them:
 *
 * - shell blocks of one file run in order, in one sandbox; `<!-- not run: reason -->` before a block leaves it out
 * - `/srv/` and `/tmp/` lie in the sandbox; `age1...` is the public key of the next key file made in the block
 * - a command whose comment says `(exit N)` must end with N, every other one with 0
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
const files = markdownFiles(root);
const blocks = files.flatMap((file) => blocksOf(root, file));
const of = (...langs: string[]) => blocks.filter(({ lang }) => langs.includes(lang));
const titleOf = ({ file, line }: Block) => `${file}:${line}`;

let work: string;
let catalogue: Catalogue;
let config: Config;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'oaops-docs-'));
  mkdirSync(join(work, 'bin'));
  // As installed: a link on the PATH, to the built program where there is one.
  const program = existsSync(join(root, 'dist/commands')) ? 'bin/run.js' : 'bin/dev.js';
  symlinkSync(join(root, program), join(work, 'bin/oaops'));
  const app = openApp({ json: false, quiet: false, verbose: false, debug: false, color: false, lang: 'en' });
  catalogue = await app.catalogue();
  config = await sourceCommands(root);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** A sandbox with what the documents take for granted: an OA system below /srv/oa, and a folder of runbooks. */
function sandboxFor(file: string): { dir: string; run: (script: string) => SpawnSyncReturns<string> } {
  const dir = join(work, file.replaceAll('/', '-'));
  if (!existsSync(dir)) {
    for (const folder of ['home', 'srv/oa/contracts', 'tmp', 'cwd']) mkdirSync(join(dir, folder), { recursive: true });
    writeFileSync(join(dir, 'srv/oa/contracts/合同.txt'), 'contract');
  }
  const env = {
    PATH: `${join(work, 'bin')}:/usr/bin:/bin`,
    HOME: join(dir, 'home'),
    OAOPS_STATE_DIR: join(dir, 'state'),
    OAOPS_LANG: 'en',
  };
  return {
    dir,
    run: (script) => spawnSync('/bin/sh', ['-eu', '-c', script], { cwd: join(dir, 'cwd'), env, encoding: 'utf8' }),
  };
}

/** The block as it is run; see the rules at the top. */
function scriptOf(block: Block, dir: string): string {
  const keyFiles = [...block.text.matchAll(/oaops backup key generate (\S+)/g)].map(([, file]) => file!);
  let key = 0;
  return block.text
    .split('\n')
    .map((line) => {
      const expected = /\s#.*\(exit (\d+)\)/.exec(line)?.[1];
      const command = line
        .replaceAll(/(?<![\w.-])\/(srv|tmp)\//g, `${dir}/$1/`)
        .replaceAll('age1...', () => `"$(sed -n 's/^# public key: //p' ${keyFiles[key++ % keyFiles.length]})"`);
      if (expected === undefined) return command;
      return `code=0; ${command.replace(/\s#.*$/, '')} || code=$?; [ $code -eq ${expected} ] || { echo "exit $code instead of ${expected}" >&2; exit 1; }`;
    })
    .join('\n');
}

describe('shell blocks', () => {
  const shell = of('sh', 'bash', 'shell', 'console');

  it.each(shell.filter(({ notRun }) => !notRun).map((block) => [titleOf(block), block] as const))(
    '%s runs',
    (_title, block) => {
      const { dir, run } = sandboxFor(block.file);
      const done = run(scriptOf(block, dir));
      expect(done, `${done.stdout}\n${done.stderr}`).toMatchObject({ status: 0 });
    },
  );

  it('that are not run have at least lines that their commands understand', async () => {
    const wrong: string[] = [];
    for (const block of shell) {
      for (const [index, line] of block.text.split('\n').entries()) {
        for (const part of line.split('&&')) {
          const [program, ...words] = shellWords(part.trim());
          if (program !== 'oaops' || words[0]?.startsWith('-')) continue;
          try {
            const { command, rest } = findCommand(config, words);
            await parseWords(command, rest);
          } catch (error) {
            wrong.push(
              `${block.file}:${block.line + index + 1}: ${part.trim()}: ${(error as Error).message.split('\n')[0]}`,
            );
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('are there, and most of them are run', () => {
    expect(shell.filter(({ notRun }) => !notRun).length).toBeGreaterThanOrEqual(2);
  });
});

const smallestCompany =
  'sources: [{id: hr, type: csv, file: hr.csv}]\ndirectories: [{id: oa, type: csv, file: oa.csv}]\n';

describe('YAML blocks', () => {
  const yaml = of('yaml', 'yml').filter(({ notRun }) => !notRun);

  it.each(yaml.map((block) => [titleOf(block), block] as const))('%s is accepted', async (_title, block) => {
    // Only to tell what it is; duplicate keys and the like are found by the reader of its kind.
    const data = parse(block.text, { uniqueKeys: false }) as Record<string, unknown>;
    const keys = Object.keys(data);
    if (keys.includes('apiVersion')) {
      const { findings } = checkText(block.text, 'block.yaml', { catalogue });
      expect(findings.filter(({ severity }) => severity === 'error' || severity === 'warning')).toEqual([]);
    } else if (keys.every((key) => key in companySchema.shape)) {
      const company = companySchema.partial().parse(data) as Partial<Company>;
      expect(companyProblems(company)).toEqual([]);
    } else if (keys.every((key) => key in configSchema.shape) && !keys.includes('hosts')) {
      const { dir, run } = sandboxFor(block.file);
      writeFileSync(join(dir, 'cwd/config.yaml'), block.text, { mode: 0o600 });
      // The company's file is looked at with the configuration that names it; other blocks are what may stand in it.
      if (typeof data['accounts'] === 'string') writeFileSync(join(dir, 'cwd', data['accounts']), smallestCompany);
      const done = run('oaops config validate --config config.yaml');
      expect(done, `${done.stdout}\n${done.stderr}`).toMatchObject({ status: 0 });
    } else {
      const { parseInventory } = await import('../../src/connectors/inventory/load.ts');
      const loaded = parseInventory('hosts.yaml', block.text);
      expect(loaded.warnings).toEqual([]);
      expect(loaded.inventory.hosts.length).toBeGreaterThan(0);
    }
  });
});

describe('other blocks', () => {
  it.each(of('json').map((block) => [titleOf(block), block] as const))(
    '%s is JSON, a document or lines',
    (_title, block) => {
      const lines = () =>
        block.text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line) => JSON.parse(line));
      try {
        JSON.parse(block.text);
      } catch {
        lines();
      }
    },
  );

  it('have a language, so that none of them is passed by unseen', () => {
    const known = ['sh', 'yaml', 'json', 'text', 'ini', 'ts'];
    expect(
      blocks.filter(({ lang }) => !known.includes(lang)).map((block) => `${titleOf(block)} ${block.lang}`),
    ).toEqual([]);
  });
});

describe('text', () => {
  const lines = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .map((text, index) => ({ file, line: index + 1, text })),
  );

  it('names only commands and flags that there are', async () => {
    const wrong: string[] = [];
    for (const { file, line, text } of lines) {
      // docs/procedures.md is the handbook: it names commands as its rows need them.
      if (file === 'docs/procedures.md') continue;
      for (const [, span] of text.matchAll(/`oaops ([^`]*)`/g)) {
        const words = shellWords(span!);
        if (words[0]?.startsWith('-')) continue;
        try {
          const { command } = findCommand(config, words);
          const loaded = await command.load();
          const known = Object.keys({ ...loaded.baseFlags, ...loaded.flags });
          for (const word of words) {
            const flag = /^--(?:no-)?([\w-]+)/.exec(word)?.[1];
            if (flag && !known.includes(flag)) throw new Error(`no flag --${flag}`);
          }
        } catch (error) {
          wrong.push(`${file}:${line}: oaops ${span}: ${(error as Error).message}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('links only to files that there are', () => {
    const missing: string[] = [];
    for (const { file, line, text } of lines) {
      for (const [, target] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target!)) continue;
        if (!existsSync(join(root, dirname(file), target!))) missing.push(`${file}:${line}: ${target}`);
      }
    }
    expect(missing).toEqual([]);
  });
});
