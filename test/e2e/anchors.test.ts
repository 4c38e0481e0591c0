import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../helpers/needs.ts';
import { missingForRadosgw, type Radosgw, startRadosgw } from '../helpers/radosgw.ts';

const bin = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

let dir: string;
let extraEnv: Record<string, string>;

interface Done {
  status: number | null;
  stdout: string;
  stderr: string;
}

function oaops(...args: string[]): Done {
  const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state'), OAOPS_LANG: 'en', ...extraEnv };
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', env, cwd: dir });
  return { status, stdout, stderr };
}

function anchorsIn(repo: string): string[] {
  return existsSync(join(dir, repo, 'anchors')) ? readdirSync(join(dir, repo, 'anchors')).sort() : [];
}

function lastAnchor(repo: string): { seq: number; record: string; signature?: string } {
  return JSON.parse(readFileSync(join(dir, repo, 'anchors', anchorsIn(repo).at(-1)!), 'utf8'));
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-anchors-'));
  extraEnv = {};
  mkdirSync(join(dir, 'data'));
  writeFileSync(join(dir, 'data/a'), 'one');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function initialise(...repos: string[]): void {
  const legs = repos.flatMap((repo) => ['--repo', repo]);
  expect(oaops('backup', 'init', ...legs, '--no-encryption')).toMatchObject({ status: 0 });
}

describe('anchors that backups leave on their legs', () => {
  it('lie on every leg and vouch for the record', () => {
    initialise('one', 'two');
    expect(oaops('backup', 'create', 'data', '--repo', 'one', '--repo', 'two')).toMatchObject({ status: 0 });
    expect(anchorsIn('one')).toHaveLength(1);
    expect(anchorsIn('two')).toEqual(anchorsIn('one'));
    expect(anchorsIn('one')[0]).toMatch(/^\d{8}T\d{6}Z-\d{10}-[0-9a-f]{8}$/);
    const verified = oaops('audit', 'verify', '--anchors', 'one', '--anchors', 'two');
    const { seq } = lastAnchor('one');
    expect(verified).toMatchObject({ status: 0 });
    expect(verified.stdout).toContain(`anchored to row ${seq} at ${join(dir, 'one')}\n`);
    expect(verified.stdout).toContain(`anchored to row ${seq} at ${join(dir, 'two')}\n`);
    expect(JSON.parse(oaops('audit', 'verify', '--anchors', 'one', '--json').stdout)).toEqual({
      state: 'anchored',
      rows: seq,
      anchoredTo: seq,
      message: expect.any(String),
      places: [{ place: join(dir, 'one'), anchoredTo: seq, anchors: 1, ofOthers: 0, unsigned: 0 }],
    });
    // Nobody else minds them.
    expect(oaops('backup', 'verify', '--repo', 'one', '--level', 'full')).toMatchObject({ status: 0 });
    const listed = JSON.parse(oaops('backup', 'list', '--repo', 'one', '--json').stdout);
    expect(JSON.stringify(listed)).not.toContain('anchors/');
    expect(oaops('backup', 'restore', 'latest', '--repo', 'one', '--target', 'out')).toMatchObject({ status: 0 });
  });

  it('are left by an incomplete backup too, on the legs that work', () => {
    initialise('one', 'two');
    rmSync(join(dir, 'two'), { recursive: true });
    const done = oaops('backup', 'create', 'data', 'missing', '--repo', 'one', '--repo', 'two');
    expect(done.status).toBe(3);
    expect(anchorsIn('one')).toHaveLength(1);
    expect(existsSync(join(dir, 'two'))).toBe(false);
  });

  it('are not left by a backup that made no snapshot', () => {
    initialise('one');
    expect(oaops('backup', 'create', 'missing', '--repo', 'one').status).toBe(1);
    expect(anchorsIn('one')).toEqual([]);
    // Named, and nothing there: that is not "fine".
    const verified = oaops('audit', 'verify', '--anchors', 'one');
    expect(verified.status).toBe(9);
    expect(verified.stdout).toContain(`no anchor at ${join(dir, 'one')}`);
  });

  it('are left by a run of a runbook', () => {
    initialise('one');
    writeFileSync(
      join(dir, 'b.yaml'),
      `apiVersion: oaops/v1
kind: Procedure
metadata: {name: b, version: 1.0.0, title: {en: B, zh-CN: 备}, owner: ops}
spec:
  steps:
    - id: back-up
      uses: backup.create
      with: {paths: [${join(dir, 'data')}], repos: [${join(dir, 'one')}]}
`,
    );
    expect(oaops('run', 'b.yaml', '--yes')).toMatchObject({ status: 0 });
    expect(anchorsIn('one')).toHaveLength(1);
    const verified = oaops('audit', 'verify', '--anchors', 'one');
    expect(verified).toMatchObject({ status: 0 });
    expect(verified.stdout).toMatch(/^anchored\n/);
  });

  it('show that the end of the record was cut off, and that it was rewritten', () => {
    initialise('one');
    expect(oaops('backup', 'create', 'data', '--repo', 'one').status).toBe(0);
    cpSync(join(dir, 'state/record'), join(dir, 'early'), { recursive: true });
    expect(oaops('backup', 'create', 'data', '--repo', 'one').status).toBe(0);
    const { seq } = lastAnchor('one');
    // The whole database as it was: consistent by itself.
    rmSync(join(dir, 'state/record'), { recursive: true });
    cpSync(join(dir, 'early'), join(dir, 'state/record'), { recursive: true });
    chmodSync(join(dir, 'state/record'), 0o700);
    expect(oaops('audit', 'verify').status).toBe(0);
    const cut = oaops('audit', 'verify', '--anchors', 'one');
    expect(cut.status).toBe(9);
    expect(cut.stdout).toContain(`an anchor was taken at row ${seq}`);
    expect(cut.stdout).toContain('cut off');
    // Other work fills the gap up to the anchored row.
    while (Number(JSON.parse(oaops('audit', 'anchor', '--json').stdout).seq) < seq)
      expect(oaops('backup', 'create', 'missing', '--repo', 'one').status).toBe(1);
    const rewritten = oaops('audit', 'verify', '--anchors', 'one');
    expect(rewritten.status).toBe(9);
    expect(rewritten.stdout).toContain('the chain was rewritten');
  });

  it('of other records on the same leg are passed by; a new record in place of the old one is found', () => {
    initialise('one');
    expect(oaops('backup', 'create', 'data', '--repo', 'one').status).toBe(0);
    extraEnv = { OAOPS_STATE_DIR: join(dir, 'other') };
    const foreign = oaops('audit', 'verify', '--anchors', 'one');
    expect(foreign.status).toBe(9);
    expect(foreign.stdout).toContain(`no anchor at ${join(dir, 'one')} (left out: 1 of other records)`);
    expect(oaops('backup', 'create', 'data', '--repo', 'one').status).toBe(0);
    const both = oaops('audit', 'verify', '--anchors', 'one');
    expect(both.status).toBe(0);
    expect(both.stdout).toContain('(left out: 1 of other records)');
  });

  it('are signed with the configured key; unsigned ones do not count when signers are asked for', (context) => {
    needs('ssh-keygen')(context);
    const key = join(dir, 'key');
    expect(spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]).status).toBe(0);
    writeFileSync(join(dir, 'allowed'), `ops@example.com ${readFileSync(`${key}.pub`, 'utf8')}`);
    initialise('one');
    expect(oaops('backup', 'create', 'data', '--repo', 'one').status).toBe(0);
    const signers = ['--allowed-signers', 'allowed'];
    expect(oaops('audit', 'verify', '--anchors', 'one', ...signers).status).toBe(9);
    extraEnv = { OAOPS_SIGNING_KEY: key };
    expect(oaops('backup', 'create', 'data', '--repo', 'one').status).toBe(0);
    const { seq, signature } = lastAnchor('one');
    expect(signature).toContain('BEGIN SSH SIGNATURE');
    const signed = oaops('audit', 'verify', '--anchors', 'one', ...signers);
    expect(signed).toMatchObject({ status: 0 });
    expect(signed.stdout).toContain(`anchored to row ${seq} at ${join(dir, 'one')} (left out: 1 not signed)`);
  });

  it('that were damaged are an alteration', () => {
    initialise('one');
    expect(oaops('backup', 'create', 'data', '--repo', 'one').status).toBe(0);
    const file = join(dir, 'one/anchors', anchorsIn('one')[0]!);
    chmodSync(file, 0o600);
    writeFileSync(file, '{"seq":1}\n');
    const verified = oaops('audit', 'verify', '--anchors', 'one');
    expect(verified.status).toBe(9);
    expect(verified.stderr).toContain('is not an anchor');
  });

  it('go to syslog when configured, and count when read from a log; a failing logger is a warning', (context) => {
    needs('getfattr')(context);
    initialise('one');
    const log = join(dir, 'auth.log');
    mkdirSync(join(dir, 'bin'));
    const logger = join(dir, 'bin/logger');
    // Writes what a log service would write for these arguments: -t oaops -p auth.notice -- LINE.
    writeFileSync(logger, `#!/bin/sh\nprintf 'Nov 22 18:05:12 host %s: %s\\n' "$2" "$6" >>${log}\n`, { mode: 0o755 });
    mkdirSync(join(dir, '.config/oaops'), { recursive: true });
    writeFileSync(join(dir, '.config/oaops/config.yaml'), 'audit: {syslog: true}\n', { mode: 0o600 });
    extraEnv = { PATH: `${join(dir, 'bin')}:/usr/bin:/bin` };
    expect(oaops('backup', 'create', 'data', '--repo', 'one')).toMatchObject({ status: 0, stderr: '' });
    const { seq, record } = lastAnchor('one');
    expect(readFileSync(log, 'utf8')).toMatch(
      new RegExp(`^Nov 22 18:05:12 host oaops: oaops-anchor ${record} ${seq} `),
    );
    const verified = oaops('audit', 'verify', '--anchors', log);
    expect(verified).toMatchObject({ status: 0 });
    expect(verified.stdout).toContain(`anchored to row ${seq} at ${log}`);

    writeFileSync(logger, '#!/bin/sh\necho "logger: no log here" >&2\nexit 1\n');
    const warned = oaops('backup', 'create', 'data', '--repo', 'one');
    expect(warned.status).toBe(0);
    expect(warned.stderr).toContain('warning: syslog did not take the anchor: logger: no log here');
    expect(anchorsIn('one')).toHaveLength(2);
  });

  it('that a leg does not take are a warning, and the backup is good', () => {
    initialise('one');
    // A file where the folder of anchors should be.
    writeFileSync(join(dir, 'one/anchors'), '');
    const done = oaops('backup', 'create', 'data', '--repo', 'one');
    expect(done.status).toBe(0);
    expect(done.stderr).toMatch(/warning: anchors\/\S+ could not be stored at /);
    const summary = JSON.parse(
      oaops('backup', 'create', 'data', '--repo', 'one', '--json').stdout.trim().split('\n').at(-1)!,
    );
    expect(summary).toMatchObject({ exit_code: 0, warnings: [expect.stringContaining('could not be stored')] });
  });
});

describe('work on backups without a runbook', () => {
  const actions = () =>
    (JSON.parse(oaops('audit', 'list', '--json').stdout) as { action: string; subject: string }[]).map(
      ({ action, subject }) => `${action} ${subject}`,
    );

  it('is told to the record before and after', () => {
    initialise('one');
    expect(oaops('backup', 'create', 'data', '--repo', 'one').status).toBe(0);
    expect(oaops('backup', 'create', 'missing', '--repo', 'one').status).toBe(1);
    expect(oaops('backup', 'verify', '--repo', 'one').status).toBe(0);
    expect(oaops('backup', 'restore', 'latest', '--repo', 'one', '--target', 'out').status).toBe(0);
    expect(actions()).toEqual([
      expect.stringMatching(/^record\.created /),
      `backup.create.started ${join(dir, 'one')}`,
      'fact.added backup.create',
      `backup.create.started ${join(dir, 'one')}`,
      `backup.create.failed ${join(dir, 'one')}`,
      `backup.verify.started ${join(dir, 'one')}`,
      'fact.added backup.verify',
      'fact.added verify',
      `backup.restore.started ${join(dir, 'one')}`,
      'fact.added backup.restore',
    ]);
  });

  it('goes on with a warning when there is no record to write', () => {
    initialise('one');
    expect(oaops('backup', 'create', 'data', '--repo', 'one').status).toBe(0);
    writeFileSync(
      join(dir, 'state/record/record.db'),
      'this is no database, and long enough to be looked at'.repeat(40),
    );
    for (const name of readdirSync(join(dir, 'state/record')))
      if (name !== 'record.db') rmSync(join(dir, 'state/record', name), { recursive: true });
    const done = oaops('backup', 'create', 'data', '--repo', 'one');
    expect(done.status).toBe(0);
    expect(done.stderr.match(/warning: this is not in the record: /g)).toHaveLength(1);
    const restored = oaops('backup', 'restore', 'latest', '--repo', 'one', '--target', 'out', '--json');
    expect(restored.status).toBe(0);
    expect(JSON.parse(restored.stdout)).toMatchObject({ files: 1 });
  });
});

describe.skipIf(missingForRadosgw().length > 0)('anchors on S3', () => {
  let gateway: Radosgw;
  beforeAll(async () => {
    gateway = await startRadosgw();
  });
  afterAll(async () => gateway?.close());

  it('are stored beside the backup and read from there', () => {
    extraEnv = gateway.env;
    const repo = `s3://${gateway.bucket}/anchored`;
    initialise(repo);
    expect(oaops('backup', 'create', 'data', '--repo', repo)).toMatchObject({ status: 0 });
    expect(oaops('backup', 'create', 'data', '--repo', repo)).toMatchObject({ status: 0 });
    const verified = oaops('audit', 'verify', '--anchors', repo, '--json');
    expect(verified).toMatchObject({ status: 0 });
    expect(JSON.parse(verified.stdout)).toMatchObject({
      state: 'anchored',
      places: [{ place: repo, anchors: 2, anchoredTo: expect.any(Number) }],
    });
    rmSync(join(dir, 'state/record'), { recursive: true });
    expect(oaops('audit', 'verify', '--anchors', repo).status).toBe(9);
  });
});
