import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreText } from '../../../src/backup/restore/report.ts';
import { FormatV1Writer } from '../../helpers/format-v1-writer.ts';
import { restoreFrom } from '../../helpers/restoring.ts';

const id = '20261122T180512Z-9f3a1c2b';

describe.skipIf(process.geteuid?.() !== 0)('owners that cannot be set', () => {
  let dir: string;
  let source: string;
  let repo: string;
  let count = 0;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-owners-'));
    source = join(dir, 'src');
    mkdirSync(join(source, 'folder'), { recursive: true });
    for (const [name, mode, uid] of [
      ['theirs', 0o6755, 1234],
      ['mine', 0o6755, 0],
      ['folder', 0o2775, 1234],
    ] as const) {
      if (name !== 'folder') writeFileSync(join(source, name), name);
      chownSync(join(source, name), uid, uid);
      chmodSync(join(source, name), mode);
    }
    execFileSync('mkfifo', [join(source, 'fifo')]);
    chownSync(join(source, 'fifo'), 1234, 1234);
    repo = join(dir, 'repo');
    const writer = new FormatV1Writer(repo);
    writer.snapshot(id, writer.tree(source), [source]);
    execFileSync('chmod', ['-R', 'a+rX', repo]);
    chmodSync(dir, 0o755);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

  it('left alone on request: no setuid for another owner, and the number is told', async () => {
    const target = join(dir, `out ${count++}`);
    const result = await restoreFrom(repo, { target, owners: 'none' });
    expect(result).toMatchObject({ exitCode: 0, problems: [], ownersNotSet: 3 });
    expect(restoreText(result)).toContain('3 objects restored without the stored owner');
    expect(modeOf(`${target}${source}/theirs`)).toBe('755');
    expect(modeOf(`${target}${source}/folder`)).toBe('775');
    expect(modeOf(`${target}${source}/mine`)).toBe('6755');
  });

  /**
   * As uid 1234 or another one, in a process of its own. It may read everything, because this source tree may lie where only
   * root can read; what it may own and write is that user's.
   */
  const asUser = (uid: number, owners: string | undefined) => {
    const out = join(dir, `user ${count++}`);
    mkdirSync(out);
    chownSync(out, uid, uid);
    const target = join(out, 'target');
    const helper = fileURLToPath(new URL('../../helpers/restoring.ts', import.meta.url));
    const program = `import { restoreFrom } from ${JSON.stringify(helper)};
      const result = await restoreFrom(${JSON.stringify(repo)}, ${JSON.stringify({ target, owners })});
      console.log(JSON.stringify(result));`;
    const identity = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
    const reading = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
    const node = [process.execPath, '--input-type=module', '-e', program];
    const done = spawnSync('setpriv', [...identity, ...reading, ...node], { encoding: 'utf8' });
    expect(done.stderr).toBe('');
    return { target, result: JSON.parse(done.stdout) as Awaited<ReturnType<typeof restoreFrom>> };
  };

  it('not root: exit 0 with the number; what is one’s own keeps its bits', () => {
    const other = asUser(4321, undefined);
    expect(other.result).toMatchObject({ exitCode: 0, problems: [] });
    expect(other.result.ownersNotSet).toBeGreaterThan(3);
    expect(modeOf(`${other.target}${source}/theirs`)).toBe('755');
    expect(modeOf(`${other.target}${source}/mine`)).toBe('755');
    const own = asUser(1234, undefined);
    expect(modeOf(`${own.target}${source}/theirs`)).toBe('6755');
    expect(modeOf(`${own.target}${source}/mine`)).toBe('755');
  });

  it('not root, owners asked for: everything else is there, and it is incomplete', () => {
    const { target, result } = asUser(4321, 'numbers');
    expect(result).toMatchObject({ exitCode: 3, problems: [{ class: 'metadata' }] });
    expect(result.files).toBe(2);
    expect(modeOf(`${target}${source}/theirs`)).toBe('755');
    expect(modeOf(`${target}${source}/folder`)).toBe('775');
  });
});
