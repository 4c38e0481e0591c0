import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitBaseVersions } from '../../../src/connectors/git/base-versions.ts';
import { readHeader } from '../../../src/runbook/header.ts';

const nameOf = (text: string) => {
  const { kind, name } = readHeader(text);
  return kind === 'Deployment' ? undefined : name;
};

describe('earlier versions in git', () => {
  let dir: string;
  let tree: string;
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: tree });

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-git-'));
    tree = join(dir, 'tree');
    mkdirSync(join(tree, '运维'), { recursive: true });
    git('init', '-q', '-b', 'main');
    writeFileSync(join(tree, '运维/升级.yaml'), 'metadata: {name: upgrade}\n');
    writeFileSync(join(tree, 'two words.yaml'), 'metadata: {name: words}\n');
    git('add', '.');
    git('commit', '-qm', 'one');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it.each(['运维/升级.yaml', 'two words.yaml'])('%s is found by its path, whatever its name', async (file) => {
    const base = await gitBaseVersions('main', tree, nameOf);
    expect(await base.find({ file, name: undefined })).toMatchObject({ file: `main:${file}` });
  });

  it('a moved runbook is found by the name in its header, not by a step or another file that is called the same', async () => {
    writeFileSync(join(tree, 'a-manifest.yaml'), 'kind: Deployment\nmetadata:\n  name: upgrade\n');
    writeFileSync(join(tree, 'b.yaml'), 'metadata: {name: other}\nspec:\n  steps:\n    - id: a\n      name: fresh\n');
    git('rm', '-q', 'two words.yaml');
    git('add', '.');
    git('commit', '-qm', 'two');
    writeFileSync(join(tree, 'moved.yaml'), 'metadata: {name: upgrade}\n');
    const base = await gitBaseVersions('main', tree, nameOf);
    expect(await base.find({ file: 'moved.yaml', name: 'fresh' })).toBeUndefined();
    expect(await base.find({ file: 'moved.yaml', name: 'upgrade' })).toMatchObject({ file: 'main:运维/升级.yaml' });
  });

  it('a file outside of the work tree has none, and is no defect', async () => {
    const outside = join(dir, 'outside.yaml');
    writeFileSync(outside, 'metadata: {name: upgrade}\n');
    const base = await gitBaseVersions('main', tree, nameOf);
    expect(await base.find({ file: outside, name: 'upgrade' })).toBeUndefined();
  });

  it('works in a hook, where git sets GIT_DIR', async () => {
    const before = process.env['GIT_DIR'];
    process.env['GIT_DIR'] = join(tree, '.git');
    try {
      const base = await gitBaseVersions('main', tree, nameOf);
      expect(await base.find({ file: '运维/升级.yaml', name: undefined })).toMatchObject({
        file: 'main:运维/升级.yaml',
      });
    } finally {
      if (before === undefined) delete process.env['GIT_DIR'];
      else process.env['GIT_DIR'] = before;
    }
  });
});
