import { createHash } from 'node:crypto';
import {
  cpSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runOaops } from '../helpers/oaops.ts';
import { runRestore } from '../helpers/restore-script.ts';

/**
 * Repositories as version 0.1.0 wrote them, one clear, one encrypted: two snapshots of a small tree with what is hard to keep.
 * Every later version must read them; they are never made again. OAOPS_UPDATE_GOLDEN=1 writes what the first restore gives.
 */
const fixtures = join(import.meta.dirname, '../fixtures/golden-v1');
const identity = join(fixtures, 'identity.txt');
const expectedFile = join(fixtures, 'expected.json');
const work = mkdtempSync(join(tmpdir(), 'oaops-golden-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** What must come back of each object, by its path: names are bytes, shown as Latin-1. */
function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: Buffer) => {
    const stats = lstatSync(path, { bigint: true });
    const name = path.toString('latin1').slice(Buffer.byteLength(folder)) || '/';
    // The top folder was changed between the snapshots, at another time in each repository.
    const time = name === '/' ? '' : `${stats.mtimeNs}`;
    const mode = (stats.mode & 0o7777n).toString(8);
    if (stats.isSymbolicLink()) found[name] = `link to ${readlinkSync(path)} ${time}`;
    else if (stats.isDirectory()) {
      found[name] = `folder ${mode} ${time}`;
      for (const child of readdirSync(path, { encoding: 'buffer' }))
        visit(Buffer.concat([path, Buffer.from('/'), child]));
    } else {
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      found[name] = `file ${mode} ${time} links ${stats.nlink} ${sha256}`;
    }
  };
  visit(Buffer.from(folder));
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const first = { plain: '20261122T233950Z-819870ff', encrypted: '20261122T233953Z-18708c3d' };

describe.each(['plain', 'encrypted'] as const)('the %s golden repository', (kind) => {
  const repo = join(work, kind);
  cpSync(join(fixtures, kind), repo, { recursive: true });
  const keys = kind === 'encrypted' ? ['--identity', identity] : [];
  const env = { OAOPS_LANG: 'en', HOME: work };
  const expected = () => JSON.parse(readFileSync(expectedFile, 'utf8')) as Record<string, Record<string, string>>;

  it('is verified as whole', async () => {
    const ended = await runOaops(['backup', 'verify', '--repo', repo, '--level', 'full', ...keys], { env });
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stdout).toContain('2 snapshots');
  });

  it.each(['first', 'latest'])('gives back its %s snapshot', async (which) => {
    const target = join(work, `${kind} ${which}`);
    const snapshot = which === 'first' ? first[kind] : 'latest';
    const args = ['backup', 'restore', snapshot, '--repo', repo, '--target', target, ...keys];
    expect(await runOaops(args, { env })).toMatchObject({ exitCode: 0 });
    const restored = contents(join(target, 'tmp/golden/src'));
    if (process.env['OAOPS_UPDATE_GOLDEN'] && kind === 'plain')
      writeFileSync(
        expectedFile,
        `${JSON.stringify({ ...(which === 'first' ? {} : expected()), [which]: restored }, null, 2)}\n`,
      );
    expect(restored).toEqual(expected()[which]);
  });

  it('gives back the same by the script that lies in it', () => {
    const target = join(work, `${kind} by script`);
    const path = process.env['PATH'] ?? '/usr/bin:/bin';
    const options = { path, script: join(repo, 'restore-v1.sh') };
    const args = kind === 'encrypted' ? ['-i', identity, repo, target] : [repo, target];
    const ended = runRestore(args, options);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(contents(join(target, 'tmp/golden/src'))).toEqual(expected()['latest']);
  });

  it('takes another backup', async () => {
    const args = ['backup', 'create', import.meta.dirname, '--repo', repo, ...keys];
    expect(await runOaops(args, { env })).toMatchObject({ exitCode: 0 });
  });
});
