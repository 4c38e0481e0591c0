import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gitBaseVersions } from '../../src/connectors/git/base-versions.ts';
import { baseFolder } from '../../src/runbook/base-folder.ts';
import { readHeader } from '../../src/runbook/header.ts';
import { failsOn, validateRunbooks } from '../../src/runbook/validate.ts';
import { catalogue } from './helpers/catalogue.ts';

const runbook = (name: string, version = '1.0.0', argv = 'date') => `apiVersion: oaops/v1
kind: Procedure
metadata: {name: ${name}, version: ${version}, title: {en: T, zh-CN: 标题}, owner: ops}
spec:
  steps:
    - {id: one, uses: exec, with: {argv: [${argv}]}}
`;

/** A folder with these files. */
function folder(files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-validate-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

const brief = ({ findings }: { findings: { file: string; line: number; col: number; rule: string }[] }) =>
  findings.map(({ file, line, col, rule }) => `${file}:${line}:${col} ${rule}`);

describe('what is checked', () => {
  const files = {
    'a.yaml': runbook('a'),
    'deep/b.yml': runbook('b'),
    'deep/er/c.yaml': runbook('c'),
    'deep/inventory.yaml': 'all: {hosts: {h1: {}}}\n',
    'deep/notes.md': 'text',
    'node_modules/x/y.yaml': runbook('y'),
    '.hidden/z.yaml': runbook('z'),
  };

  it('a folder at any depth, what is no runbook named', async () => {
    const report = await validateRunbooks(['.'], { catalogue, cwd: folder(files) });
    expect(report).toEqual({
      files: ['a.yaml', 'deep/b.yml', 'deep/er/c.yaml'],
      skipped: ['deep/inventory.yaml'],
      findings: [],
    });
  });

  it('other YAML beside runbooks is named and not judged, unless it is named itself', async () => {
    const cwd = folder({
      'a.yaml': runbook('a'),
      'compose.yaml': 'services:\n  web:\n    kind: x\n',
      'service.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\n',
      'blank.yaml': '\n'.repeat(300_000),
      'broken.yaml': 'kind: Procedure\nspec: [\n',
      'version.yaml': runbook('v').replace('oaops/v1', 'oap/v1'),
      'kind.yaml': runbook('k').replace('Procedure', 'Procedura'),
    });
    const report = await validateRunbooks(['.'], { catalogue, cwd });
    expect(report.skipped).toEqual(['blank.yaml', 'compose.yaml', 'service.yaml']);
    expect(brief(report)).toEqual([
      'broken.yaml:2:7 yaml-syntax',
      'kind.yaml:2:7 kind-unknown',
      'version.yaml:1:13 api-version',
    ]);
    const named = await validateRunbooks(['service.yaml'], { catalogue, cwd });
    expect(brief(named)).toContain('service.yaml:1:13 api-version');
  });

  it('links in circles, folders with names of files, names in other encodings, folders that may not be read', async () => {
    const cwd = folder({ 'a.yaml': runbook('a'), 'b.yaml/c.yml': runbook('c'), 'deep/d.yaml': runbook('d') });
    symlinkSync('..', join(cwd, 'deep/up'));
    symlinkSync('gone.yaml', join(cwd, 'link.yaml'));
    writeFileSync(Buffer.concat([Buffer.from(`${cwd}/n`), Buffer.from([0xff]), Buffer.from('.yaml')]), 'x');
    execFileSync('mkfifo', [join(cwd, 'pipe.yaml')]);
    const report = await validateRunbooks(['.'], { catalogue, cwd });
    expect(report.files).toEqual(['a.yaml', 'b.yaml/c.yml', 'deep/d.yaml', 'link.yaml']);
    expect(report.findings).toMatchObject([
      { file: 'n\ufffd.yaml', rule: 'file-unreadable', message: "the file's name is not UTF-8" },
      { file: 'link.yaml', rule: 'file-unreadable', message: 'there is no such file' },
    ]);
    expect((await validateRunbooks(['*'], { catalogue, cwd })).files).toEqual(report.files.slice(0, 3));
  });

  it('files, globs and standard input, each file once', async () => {
    const report = await validateRunbooks(['deep/**/*.{yml,yaml}', 'a.yaml', './a.yaml', 'deep/b.yml', '-'], {
      catalogue,
      cwd: folder(files),
      stdin: Buffer.from(runbook('d')),
    });
    expect(report.files).toEqual(['<stdin>', 'deep/b.yml', 'deep/er/c.yaml', 'a.yaml']);
  });

  it('a file that is named is checked whatever is in it', async () => {
    const report = await validateRunbooks(['deep/inventory.yaml'], { catalogue, cwd: folder(files) });
    expect(report.findings.map(({ rule }) => rule)).toContain('api-version');
  });

  it('a path that is missing beside others is a finding', async () => {
    const report = await validateRunbooks(['a.yaml', 'none.yaml', 'no*.yaml'], { catalogue, cwd: folder(files) });
    expect(brief(report)).toEqual(['none.yaml:1:1 file-unreadable', 'no*.yaml:1:1 file-unreadable']);
  });

  it.each([['none.yaml'], ['deep/*.md'], ['.']])('nothing to read is an error of use: %s', async (path) => {
    const cwd = folder({ 'notes.md': 'x', 'inventory.yaml': 'all: {}' });
    await expect(validateRunbooks([path], { catalogue, cwd })).rejects.toMatchObject({
      code: 'nothing-to-validate',
      exitCode: 2,
    });
  });

  it('the same name in two files is told at the second', async () => {
    const report = await validateRunbooks(['.'], {
      catalogue,
      cwd: folder({ 'a.yaml': runbook('same'), 'b.yaml': runbook('same') }),
    });
    expect(report.findings).toMatchObject([
      { rule: 'name-duplicate', file: 'b.yaml', line: 3, col: 18, message: 'the name "same" is that of a.yaml too' },
    ]);
  });

  it('500 runbooks give no finding', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`r${i}.yaml`, runbook(`r${i}`)]));
    const cwd = folder(many);
    const report = await validateRunbooks(['.'], { catalogue, cwd });
    expect(report.files).toHaveLength(500);
    expect(report.findings).toEqual([]);
  });
});

describe('failsOn', () => {
  it('counts findings of the severity and worse', async () => {
    const cwd = folder({ 'a.yaml': runbook('a').replace('{en: T, zh-CN: 标题}', 'T') });
    const report = await validateRunbooks(['a.yaml'], { catalogue, cwd });
    expect(brief(report)).toEqual(['a.yaml:3:37 title-translation']);
    expect(failsOn(report, 'error')).toBe(false);
    expect(failsOn(report, 'warning')).toBe(true);
    expect(failsOn(report, 'info')).toBe(true);
  });
});

describe('a changed runbook needs a higher version', () => {
  const before = {
    'kept.yaml': runbook('kept'),
    'changed.yaml': runbook('changed'),
    'raised.yaml': runbook('raised'),
    'lowered.yaml': runbook('lowered', '2.0.0'),
    'moved.yaml': runbook('moved'),
  };
  const after = {
    'kept.yaml': `# a comment is no change\n${runbook('kept')}`,
    'changed.yaml': runbook('changed', '1.0.0', 'uptime'),
    'raised.yaml': runbook('raised', '1.0.1', 'uptime'),
    'lowered.yaml': runbook('lowered', '1.9.0', 'uptime'),
    'elsewhere/moved.yaml': runbook('moved', '1.0.0', 'uptime'),
    'new.yaml': runbook('new'),
  };
  const expected = [
    'changed.yaml:3:36 version-not-raised',
    'elsewhere/moved.yaml:3:34 version-not-raised',
    'lowered.yaml:3:36 version-not-raised',
  ];

  it('than in a folder', async () => {
    const base = folder(before);
    const cwd = folder(after);
    const report = await validateRunbooks(['.'], { catalogue, cwd, base: baseFolder(base, cwd) });
    expect(brief(report).sort()).toEqual(expected);
    expect(report.findings.find(({ file }) => file === 'lowered.yaml')).toMatchObject({
      next: 'Raise it above 2.0.0.',
    });
  });

  it('than in a git revision', async () => {
    const cwd = folder(before);
    const git = (...args: string[]) =>
      execFileSync(
        'git',
        ['-c', 'user.name=T', '-c', 'user.email=t@example.org', '-c', 'init.defaultBranch=main', ...args],
        { cwd, stdio: 'pipe' },
      );
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'base');
    rmSync(join(cwd, 'moved.yaml'));
    for (const [name, text] of Object.entries(after)) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true });
      writeFileSync(join(cwd, name), text);
    }
    const nameOf = (text: string) => readHeader(text).name;
    const report = await validateRunbooks(['.'], { catalogue, cwd, base: await gitBaseVersions('HEAD', cwd, nameOf) });
    expect(brief(report).sort()).toEqual(expected);
    await expect(gitBaseVersions('nowhere', cwd, nameOf)).rejects.toMatchObject({ code: 'base-unknown', exitCode: 2 });
    await expect(gitBaseVersions('--output=x', cwd, nameOf)).rejects.toMatchObject({ code: 'base-unknown' });
  });
});
