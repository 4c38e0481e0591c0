import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRecord } from '../../src/record/open.ts';
import { needs } from '../helpers/needs.ts';
import { storeRun } from './suite.ts';
import { recordOptions } from './suite-options.ts';

const bin = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

describe('commands of the record', () => {
  let dir: string;
  const oaops = (...args: string[]) => {
    const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') };
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', env, cwd: dir });
    return { status, stdout, stderr, json: () => JSON.parse(stdout) };
  };

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-record-commands-'));
    writeFileSync(
      join(dir, 'hello.yaml'),
      `apiVersion: oaops/v1
kind: Procedure
metadata:
  name: hello
  version: 1.0.0
  title: {en: Hello, zh-CN: 你好}
  owner: ops
spec:
  steps:
    - id: greet
      name: {en: Greet, zh-CN: 打招呼}
      uses: exec
      with: {argv: [echo, hello 世界]}
`,
    );
    expect(oaops('run', 'hello.yaml', '--yes').status).toBe(0);
  }, 30_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('exports evidence of a real run, checks it, and exits 9 when it was changed', () => {
    const made = oaops('runs', 'evidence', 'latest', '--out', 'evidence.tar', '--json');
    expect(made.status).toBe(0);
    expect(made.json()).toMatchObject({ members: 9, missing: [], signedBy: null });
    const checked = oaops('evidence', 'verify', 'evidence.tar', '--json');
    expect(checked.status).toBe(0);
    expect(checked.json()).toMatchObject({ state: 'intact', problems: [], signer: { state: 'not-signed' } });
    expect(oaops('evidence', 'verify', 'evidence.tar').stdout).toMatch(/^intact, not signed\n/);

    const bytes = readFileSync(join(dir, 'evidence.tar'));
    bytes[bytes.indexOf('hello 世界')]! ^= 1;
    writeFileSync(join(dir, 'changed.tar'), bytes);
    const altered = oaops('evidence', 'verify', 'changed.tar');
    expect(altered.status).toBe(9);
    expect(altered.stdout).toMatch(/^ALTERED/);
    expect(oaops('evidence', 'verify', 'none.tar').status).toBe(2);
    expect(oaops('runs', 'evidence', 'latest', '--out', 'evidence.tar').status).toBe(2);
  }, 60_000);

  it('signs with a configured key and names the signer', (context) => {
    needs('ssh-keygen')(context);
    const key = join(dir, 'key');
    expect(spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]).status).toBe(0);
    writeFileSync(join(dir, 'allowed'), `ops@example.com ${readFileSync(`${key}.pub`, 'utf8')}`);
    expect(oaops('runs', 'evidence', 'latest', '--out', 'signed.tar', '--key', key).status).toBe(0);
    expect(oaops('evidence', 'verify', 'signed.tar').stdout).toMatch(/^intact, signer unverified/);
    expect(oaops('evidence', 'verify', 'signed.tar', '--allowed-signers', 'allowed').stdout).toMatch(
      /^intact, signed by ops@example.com/,
    );
    expect(oaops('audit', 'anchor', '--out', 'anchors', '--key', key).status).toBe(0);
    expect(oaops('audit', 'anchor', '--out', 'unsigned').status).toBe(0);
    const verified = oaops('audit', 'verify', '--anchors', 'anchors', '--anchors', 'signed.tar', '--json');
    expect(verified.json()).toMatchObject({ state: 'anchored' });
    expect(oaops('audit', 'verify', '--anchors', 'anchors', '--allowed-signers', 'allowed').stdout).toMatch(
      /^anchored/,
    );
    expect(oaops('audit', 'verify', '--anchors', 'unsigned', '--allowed-signers', 'allowed').status).toBe(9);
  }, 60_000);

  it('verifies, lists and exports the audit log', () => {
    expect(oaops('audit', 'verify').stdout).toMatch(/^consistent, not anchored\n/);
    expect(oaops('audit', 'verify', '--require-anchor').status).toBe(9);
    expect(oaops('audit', 'verify', '--anchors', 'nothing').status).toBe(2);
    const [row] = oaops('audit', 'list', '--action', 'run.created', '--json').json();
    expect(row).toMatchObject({ action: 'run.created', details: { runbook: 'hello' } });
    const lines = oaops('audit', 'export').stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual(lines.map((_, index) => index + 1));
  }, 60_000);

  it('takes its own anchors out of a log of many machines, and notes when not one is there', () => {
    const own = oaops('audit', 'anchor', '--json').json();
    const line = ({ record, seq, hash, at }: typeof own) =>
      `Nov 22 08:00:00 host oaops: oaops-anchor ${record} ${seq} ${hash} ${at}`;
    const other = { ...own, record: 'f'.repeat(32), hash: 'a'.repeat(64) };
    writeFileSync(join(dir, 'log'), `${line(other)}\n${line(own)}\n${line({ ...other, seq: 999_999 })}\n`);
    const mixed = oaops('audit', 'verify', '--anchors', 'log');
    expect(mixed).toMatchObject({ status: 0, stdout: expect.stringContaining('left out: 2 of other records') });
    writeFileSync(join(dir, 'log'), `${line(other)}\n`);
    const foreign = oaops('audit', 'verify', '--anchors', 'log');
    expect(foreign).toMatchObject({ status: 9, stdout: expect.stringContaining('another record') });
  }, 60_000);

  it('exports to standard output, with nothing but the lines there', () => {
    const lines = oaops('record', 'export', '-').stdout.trimEnd().split('\n');
    expect(lines.map((text) => JSON.parse(text)).at(-1)).toEqual({ end: lines.length - 2 });
    expect(existsSync(join(dir, '-'))).toBe(false);
    expect(oaops('runs', 'evidence', 'latest', '--out', '-').status).toBe(2);
    expect(oaops('record', 'backup', '-').status).toBe(2);
  }, 60_000);

  it('takes times only with their zone', () => {
    expect(oaops('runs', 'list', '--since', 'yesterday').status).toBe(2);
    expect(oaops('runs', 'list', '--since', '2026-01-01T00:00').status).toBe(2);
    expect(oaops('runs', 'list', '--since', '2020-01-01T00:00:00+08:00', '--json').json()).not.toHaveLength(0);
    expect(oaops('runs', 'list', '--since', '2999-01-01', '--json').json()).toEqual([]);
  }, 60_000);

  it('lists a lock of a living process and breaks it only when told its name twice', async () => {
    const record = await openRecord({
      ...recordOptions({ stateDir: join(dir, 'state') }),
      // Where there is no machine id, as in many containers, the name of the host stands for it.
      hostname: hostname(),
    });
    const runId = await storeRun(record, { id: '20261122T080000Z-00000abc' });
    const held = await record.locks.acquire('site', `run ${runId}`);
    expect(oaops('lock', 'list', '--json').json()).toMatchObject([
      { name: 'site', ownerState: 'alive', owner: { pid: process.pid } },
    ]);
    expect(oaops('lock', 'break', 'site').status).toBe(4);
    expect(oaops('lock', 'break', 'site', '--confirm', 'other').status).toBe(4);
    expect(oaops('lock', 'break', 'site', '--confirm', 'site').status).toBe(0);
    expect(oaops('lock', 'list').stdout).not.toContain('site');
    await expect(
      record.runs.setStatus(runId, { status: 'ok', at: '2026-11-22T08:00:00.000Z' }, held.fence),
    ).rejects.toMatchObject({ code: 'fence-lost' });
    await record.runs.setStatus(runId, { status: 'aborted', at: '2026-11-22T08:00:00.000Z' });
    await record.close();
  }, 60_000);

  it('backs up, prunes and restores', () => {
    expect(oaops('record', 'backup', 'copy.db').status).toBe(0);
    expect(oaops('record', 'export', 'copy.ndjson', '--json').json()).toMatchObject({ form: 'lines' });
    expect(oaops('record', 'prune', '--before', '2100-01-01', '--dry-run').stdout).toMatch(/^runs to be removed: 2;/);
    expect(oaops('record', 'prune', '--before', '2100-01-01').stdout).toMatch(/^runs removed: 2;/);
    expect(oaops('runs', 'list', '--json').json()).toEqual([]);
    expect(oaops('audit', 'verify').status).toBe(0);
    expect(oaops('record', 'restore', 'copy.db').status).toBe(4);
    const restored = oaops('record', 'restore', 'copy.db', '--confirm', 'record', '--json').json();
    expect(existsSync(restored.replaced)).toBe(true);
    expect(oaops('runs', 'list', '--json').json()).toHaveLength(2);
  }, 60_000);
});
