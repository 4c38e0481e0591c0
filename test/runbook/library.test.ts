import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../src/app.ts';
import { createRunbook } from '../../src/runbook/create.ts';
import { readHeader } from '../../src/runbook/header.ts';
import { findRunbook, libraryFolders, listRunbooks } from '../../src/runbook/library.ts';
import { compareVersions } from '../../src/runbook/semver.ts';

const header = (name: string, version = '1.0.0') =>
  `apiVersion: oaops/v1\nkind: Procedure\nmetadata: {name: ${name}, version: ${version}, title: T, owner: o}\nspec: {broken: [\n`;

function library(): { root: string; folders: ReturnType<typeof libraryFolders> } {
  const root = mkdtempSync(join(tmpdir(), 'oaops-library-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const files = {
    'site/daily.yaml': header('backup-daily', '9.0.0'),
    'site/inventory.yaml': 'all: {}',
    'conf/extra.yml': header('extra'),
    'shipped/backup/daily.yaml': header('backup-daily'),
    'shipped/backup/weekly.yaml': header('backup-weekly'),
    'shipped/schema/x.schema.json': '{}',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const folders = libraryFolders({
    path: `${join(root, 'site')}:${join(root, 'none')}`,
    configured: ['conf'],
    shipped: join(root, 'shipped'),
    cwd: root,
  });
  return { root, folders };
}

describe('the library', () => {
  it('lists by name, and says what a site runbook shadows', () => {
    const { root, folders } = library();
    expect(
      listRunbooks(folders).map(({ name, version, origin, shadows, shadowedBy }) => ({
        name,
        version,
        origin,
        shadows,
        shadowedBy,
      })),
    ).toEqual([
      {
        name: 'backup-daily',
        version: '9.0.0',
        origin: 'environment',
        shadows: [join(root, 'shipped/backup/daily.yaml')],
        shadowedBy: undefined,
      },
      {
        name: 'backup-daily',
        version: '1.0.0',
        origin: 'shipped',
        shadows: [],
        shadowedBy: join(root, 'site/daily.yaml'),
      },
      { name: 'backup-weekly', version: '1.0.0', origin: 'shipped', shadows: [], shadowedBy: undefined },
      { name: 'extra', version: '1.0.0', origin: 'configuration', shadows: [], shadowedBy: undefined },
    ]);
  });

  it('finds by name, the site first, and by file', () => {
    const { root, folders } = library();
    expect(findRunbook('backup-daily', folders, root).file).toBe(join(root, 'site/daily.yaml'));
    expect(findRunbook('conf/extra.yml', folders, root).file).toBe('conf/extra.yml');
    expect(() => findRunbook('bakup-daily', folders, root)).toThrow(
      expect.objectContaining({ code: 'runbook-not-found', exitCode: 2, next: 'Did you mean "backup-daily"?' }),
    );
    expect(() => findRunbook('./none.yaml', folders, root)).toThrow(
      expect.objectContaining({ code: 'runbook-not-found' }),
    );
  });
});

describe('readHeader', () => {
  it('reads headers of broken runbooks, and takes nothing for granted', () => {
    expect(readHeader(header('a'))).toEqual({
      apiVersion: 'oaops/v1',
      kind: 'Procedure',
      name: 'a',
      version: '1.0.0',
      title: { en: 'T' },
      owner: 'o',
    });
    expect(readHeader('spec: {}\nkind: K\nmetadata: {name: late}\n')).toEqual({ kind: 'K', name: 'late' });
    for (const text of ['', '[', '- a', 'metadata: 5', 'kind: [1]', '\u0000'])
      expect(() => readHeader(text)).not.toThrow();
  });
});

describe('compareVersions', () => {
  it('orders as semver.org 2.0.0 does', () => {
    const ordered = [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.2.0',
      '1.10.0',
      '2.0.0',
    ];
    for (const [i, a] of ordered.entries())
      for (const [j, b] of ordered.entries())
        expect([a, b, Math.sign(compareVersions(a, b))]).toEqual([a, b, Math.sign(i - j)]);
    expect(compareVersions('1.0.0+a', '1.0.0+b')).toBe(0);
    expect(compareVersions('v1', '0.0.1')).toBeLessThan(0);
  });
});

const app = openApp({ json: false, quiet: false, verbose: false, debug: false, color: false });
const catalogue = await app.catalogue();

describe('a runbook from a template', () => {
  it.each(['${{ inputs.x }}', 'a\u001b[31mb'])(
    'an owner that would make it invalid is refused, and nothing is written: %s',
    (owner) => {
      const dir = mkdtempSync(join(tmpdir(), 'oaops-new-'));
      onTestFinished(() => rmSync(dir, { recursive: true }));
      const request = {
        kind: 'Procedure',
        name: 'fresh',
        title: 'Fresh',
        titleChinese: '',
        file: join(dir, 'fresh.yaml'),
        force: false,
      };
      const root = join(import.meta.dirname, '..', '..');
      expect(() => createRunbook({ ...request, owner }, catalogue, root)).toThrow(
        expect.objectContaining({ code: 'title-invalid', exitCode: 2 }),
      );
      expect(readdirSync(dir)).toEqual([]);
      createRunbook({ ...request, owner: 'operations' }, catalogue, root);
      expect(readdirSync(dir)).toEqual(['fresh.yaml']);
    },
  );
});
