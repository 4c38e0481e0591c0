import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownerMap, ownerMapLines, restoreOwners } from '../../../src/backup/restore/owners.ts';
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

  it('owners are mapped by name, by number, and the rest by a star; what is not named stays', async () => {
    const owners = async (users: string[], groups: string[]) => {
      const target = join(dir, `out ${count++}`);
      const result = await restoreFrom(repo, { target, owners: 'numbers', ownerMap: ownerMap(users, groups) });
      expect(result).toMatchObject({ exitCode: 0, problems: [] });
      const ownerOf = (name: string) => {
        const { uid, gid } = lstatSync(`${target}${source}/${name}`);
        return `${uid}:${gid}`;
      };
      return [ownerOf('theirs'), ownerOf('folder'), ownerOf('fifo'), ownerOf('mine')];
    };
    expect(await owners(['1234=4000'], [])).toEqual(['4000:1234', '4000:1234', '4000:1234', '0:0']);
    expect(await owners([], ['1234=4001'])).toEqual(['1234:4001', '1234:4001', '1234:4001', '0:0']);
    expect(await owners(['0=4003', '*=4004'], ['*=4005', '0=4006'])).toEqual([
      ...Array(3).fill('4004:4005'),
      '4003:4006',
    ]);
    expect(await owners(['1234=nobody'], [])).toEqual([...Array(3).fill('65534:1234'), '0:0']);
  });

  it('a name goes before a number, a number before the star', () => {
    const { uid, gid } = restoreOwners('numbers', ownerMap(['*=1', '1234=2', 'www=3'], ['*=4', '1234=5', 'www=6']));
    expect(uid({ uid: 1234, user: 'www' })).toBe(3);
    expect(uid({ uid: 1234, user: 'other' })).toBe(2);
    expect(uid({ uid: 1, user: undefined })).toBe(1);
    expect(gid({ gid: 1234, group: 'www' })).toBe(6);
    expect(gid({ gid: 1234, group: undefined })).toBe(5);
    expect(gid({ gid: 1, group: 'other' })).toBe(4);
  });

  it('setuid stays with who had it or got it by the map, as the file is that account’s', async () => {
    const target = join(dir, `out ${count++}`);
    await restoreFrom(repo, { target, owners: 'numbers', ownerMap: ownerMap(['1234=4000'], ['1234=4000']) });
    expect(modeOf(`${target}${source}/theirs`)).toBe('6755');
  });

  it('maps that say nothing of use are refused', () => {
    const refused = { code: 'owner-map-invalid', exitCode: 2 };
    for (const bad of ['1234', '=1', '1=', 'a=b=c', '1=no-such-account-here', '1=4294967295'])
      expect(() => ownerMap([bad], []), bad).toThrow(expect.objectContaining(refused));
    expect(() => ownerMapLines('user 1=2\nother 1=2\n')).toThrow(expect.objectContaining(refused));
    expect(ownerMapLines('# old site\n\n user www=33 \r\ngroup *=44\n')).toEqual({
      users: ['www=33'],
      groups: ['*=44'],
    });
    expect(() => restoreOwners('none', ownerMap(['1=2'], []))).toThrow(
      expect.objectContaining({ code: 'owner-map-needless', exitCode: 2 }),
    );
  });

  it('not root, owners asked for: everything else is there, and it is incomplete', () => {
    const { target, result } = asUser(4321, 'numbers');
    expect(result).toMatchObject({ exitCode: 3, problems: [{ class: 'metadata' }] });
    expect(result.files).toBe(2);
    expect(modeOf(`${target}${source}/theirs`)).toBe('755');
    expect(modeOf(`${target}${source}/folder`)).toBe('775');
  });
});
