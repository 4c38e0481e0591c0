import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { openApp } from '../../src/app.ts';

const app = openApp({ json: false, quiet: false, verbose: false, debug: false, color: false });
const kinds = (await app.catalogue()).kinds.map(({ kind }) => kind);
const program = join(import.meta.dirname, '../../bin/dev.js');

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-runbook-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** As cron and CI start it: an empty environment, no terminal. */
function oaops(cwd: string, args: string[], options: { input?: string; env?: Record<string, string> } = {}) {
  const { status, stdout, stderr } = spawnSync(program, ['runbook', ...args], {
    cwd,
    encoding: 'utf8',
    input: options.input ?? '',
    env: { PATH: '/usr/bin:/bin', HOME: cwd, ...options.env },
  });
  return { status, stdout, stderr };
}

describe('oaops runbook', { timeout: 60_000 }, () => {
  it.each(kinds)('new %s writes what validate accepts', (kind) => {
    const cwd = folder();
    const made = oaops(cwd, [
      'new',
      kind,
      'my-runbook',
      '--title',
      'Mine: "the" one',
      '--title-zh',
      '我的',
      '--owner',
      'ops',
    ]);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(parse(readFileSync(join(cwd, 'my-runbook.yaml'), 'utf8'))).toMatchObject({
      kind,
      metadata: { name: 'my-runbook', title: { en: 'Mine: "the" one', 'zh-CN': '我的' }, owner: 'ops' },
    });
    expect(oaops(cwd, ['validate', 'my-runbook.yaml', '--fail-on', 'warning'])).toEqual({
      status: 0,
      stdout: '1 runbook checked, no findings\n',
      stderr: '',
    });
    expect(oaops(cwd, ['new', kind, 'my-runbook'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--force'),
    });
  });

  it('new says what is wrong before it asks or writes', () => {
    const cwd = folder();
    const refused = (...args: string[]) => oaops(cwd, ['new', 'Procedure', ...args]);
    expect(refused('x', '--dir', 'none')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'oaops: there is no folder none\nMake it first.\n',
    });
    expect(refused('Bad_Name')).toMatchObject({ status: 2, stderr: expect.stringContaining('backup-daily') });
    expect(refused('x', '--title', ' ')).toMatchObject({ status: 2, stderr: expect.stringContaining('--title') });
    expect(refused('x', '--owner', '')).toMatchObject({ status: 2, stderr: expect.stringContaining('--owner') });
    // The home folder of the test is the same one: caches may appear in it.
    expect(readdirSync(cwd).filter((name) => name !== '.cache')).toEqual([]);
  });

  it('validate needs no configuration, and a broken one does not matter', () => {
    const cwd = folder();
    oaops(cwd, ['new', 'Procedure', 'good', '--title-zh', '好']);
    writeFileSync(join(cwd, 'broken'), 'x: [');
    const env = { OAOPS_CONFIG: join(cwd, 'broken') };
    expect(oaops(cwd, ['validate', 'good.yaml', '-q'], { env })).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(oaops(cwd, ['validate', 'none'], { env: { OAOPS_LANG: 'zh-CN' } })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('没有这个文件或文件夹'),
    });
  });

  it('the configuration keeps its runbooks when OAOPS_RUNBOOK_PATH is set, which comes first', () => {
    const cwd = folder();
    for (const dir of ['site', 'mine']) mkdirSync(join(cwd, dir));
    oaops(cwd, ['new', 'Procedure', 'both', '--dir', 'site', '--owner', 'site']);
    oaops(cwd, ['new', 'Procedure', 'ours', '--dir', 'site']);
    oaops(cwd, ['new', 'Procedure', 'both', '--dir', 'mine', '--owner', 'mine']);
    writeFileSync(join(cwd, 'config.yaml'), 'runbooks: [site]\n', { mode: 0o600 });
    const env = { OAOPS_CONFIG: join(cwd, 'config.yaml'), OAOPS_RUNBOOK_PATH: join(cwd, 'mine') };
    const listed = JSON.parse(oaops(cwd, ['list', '--json'], { env }).stdout) as { name: string; origin: string }[];
    expect(listed).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'both', origin: 'environment', owner: 'mine' }),
        expect.objectContaining({ name: 'ours', origin: 'configuration' }),
      ]),
    );
  });

  it('validate tells place and rule, exit 1; quiet says nothing when all is well', () => {
    const cwd = folder();
    oaops(cwd, ['new', 'Procedure', 'good', '--title-zh', '好']);
    expect(oaops(cwd, ['validate', '.', '-q'])).toEqual({ status: 0, stdout: '', stderr: '' });
    writeFileSync(
      join(cwd, 'bad.yaml'),
      readFileSync(join(cwd, 'good.yaml'), 'utf8')
        .replace('name: good', 'name: bad')
        .replace('uses: exec', 'uses: exce'),
    );
    const { status, stdout } = oaops(cwd, ['validate', '.']);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^bad\.yaml:\d+:13 error action-unknown there is no action "exce"\n {2}Did you mean "exec"\?\n1 error in 1 file of 2\n$/,
    );
    expect(JSON.parse(oaops(cwd, ['validate', '.', '--json']).stdout)).toMatchObject({
      summary: { files: 2, errors: 1 },
    });
    expect(oaops(cwd, ['validate', '-'], { input: 'kind: [' })).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('<stdin>:1:'),
    });
    expect(oaops(cwd, ['validate', 'none'])).toMatchObject({ status: 2, stdout: '' });
    expect(oaops(cwd, ['validate', '.', '--format', 'nonsense'])).toMatchObject({ status: 2 });
  });

  it('list and show know the runbooks of OAOPS_RUNBOOK_PATH', () => {
    const cwd = folder();
    oaops(cwd, ['new', 'Procedure', 'restart-oa', '--title', 'Restart', '--owner', 'ops']);
    const env = { OAOPS_RUNBOOK_PATH: cwd };
    const listed = JSON.parse(oaops(cwd, ['list', '--json'], { env }).stdout);
    expect(listed).toContainEqual(
      expect.objectContaining({ name: 'restart-oa', origin: 'environment', version: '0.1.0' }),
    );
    expect(oaops(cwd, ['list'], { env }).stdout).toMatch(/restart-oa\s+0\.1\.0\s+Procedure\s+Restart/);
    const shown = oaops(cwd, ['show', 'restart-oa'], { env });
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    expect(shown.stdout).toMatch(/look\s+exec\s+write\s+local/);
    expect(oaops(cwd, ['show', 'restart-oa', '--source'], { env }).stdout).toBe(
      readFileSync(join(cwd, 'restart-oa.yaml'), 'utf8'),
    );
    expect(oaops(cwd, ['show', 'restart'], { env })).toMatchObject({ status: 2 });
  });

  it('schema prints what the package ships', () => {
    const cwd = folder();
    const shipped = readFileSync(join(import.meta.dirname, '../../runbooks/schema/procedure.schema.json'), 'utf8');
    expect(oaops(cwd, ['schema', 'procedure']).stdout).toBe(shipped);
    expect(oaops(cwd, ['schema', 'Procedur'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Did you mean "Procedure"?'),
    });
  });
});
