import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, sha256Hex } from '../../../src/core/json.ts';
import { exportEvidence } from '../../../src/record/evidence/bundle.ts';
import { type EvidenceManifest, manifestText } from '../../../src/record/evidence/format.ts';
import { ustarHeader } from '../../../src/record/evidence/ustar.ts';
import { verdictText, verifyEvidence } from '../../../src/record/evidence/verify.ts';
import { Bench, storeRun } from '../suite.ts';

const at = '2026-11-22T08:00:01.000Z';
// biome-ignore lint/suspicious/noExplicitAny: a manifest as an attacker writes it
type AnyManifest = any;

/** Bundles whose maker knows the format and makes every digest fit. */
describe('a bundle made to deceive', () => {
  const bench = new Bench('sqlite');
  let dir: string;
  let bundle: string;

  beforeAll(async () => {
    const place = await bench.place();
    dir = place.stateDir;
    const record = await bench.open(place);
    const text = 'kind: Procedure\n';
    const body = {
      planVersion: 1,
      schemaVersion: '1.0',
      runbook: { name: 'r', text, sha256: sha256Hex(text) },
      steps: [],
    };
    const digest = digestOf(body);
    const runId = await storeRun(record, { plan: { ...body, digest, createdAt: at }, digest });
    bundle = join(dir, 'plain.tar');
    const outputPath = () => join(dir, 'none');
    await exportEvidence(record, { runId, out: bundle, createdBy: 'alice', oaopsVersion: '0.1.0', outputPath });
  });
  afterAll(() => bench.stop());

  /** The bundle with another manifest, which has its own right digest. */
  function remade(change: (manifest: AnyManifest) => void): string {
    const bytes = readFileSync(bundle);
    const size = Number.parseInt(bytes.toString('latin1', 124, 135), 8);
    const { digest: _, ...manifest } = JSON.parse(bytes.toString('utf8', 512, 512 + size)) as EvidenceManifest;
    const mtimeS = Number.parseInt(bytes.toString('latin1', 136, 147), 8);
    change(manifest);
    const text = Buffer.from(manifestText(manifest));
    const padded = (length: number) => Math.ceil(length / 512) * 512;
    const body = Buffer.alloc(padded(text.length));
    text.copy(body);
    const out = join(dir, 'remade.tar');
    const header = ustarHeader({ name: 'manifest.json', sizeBytes: text.length, mtimeS });
    writeFileSync(out, Buffer.concat([header, body, bytes.subarray(512 + padded(size))]));
    return out;
  }

  it('is intact when nothing was changed, so that what follows fails for its own reason', async () => {
    expect(await verifyEvidence(remade(() => undefined))).toMatchObject({ state: 'intact', problems: [] });
  });

  it.each<[string, (manifest: AnyManifest) => void]>([
    ['a member that is null', (m) => m.members.push(null)],
    ['a member that is a number', (m) => m.members.push(7)],
    ['a member without a name', (m) => m.members.push({ sizeBytes: 1, sha256: 'x' })],
    ['a source that is a text', (m) => m.members.push({ name: 'outputs/a', sizeBytes: 0, sha256: 'x', source: 'x' })],
    ['members that are no list', (m) => (m.members = {})],
    ['something missing that is null', (m) => m.missing.push(null)],
    ['something missing without a source', (m) => m.missing.push({ reason: 'x' })],
    ['a signer that is a text', (m) => (m.signer = 'alice')],
    ['a maker that is an object', (m) => (m.createdBy = { toString: 1 })],
    ['a run that is a list', (m) => (m.run = ['x'])],
    ['a time that is a number', (m) => (m.createdAt = 1)],
    ['the same member twice', (m) => m.members.push(m.members[0])],
    ['a member that is not there', (m) => m.members.push({ name: 'outputs/a', sizeBytes: 0, sha256: 'x' })],
    ['a path above', (m) => m.members.push({ name: '../../etc/passwd', sizeBytes: 0, sha256: 'x' })],
  ])('is altered with %s', async (_what, change) => {
    const verdict = await verifyEvidence(remade(change));
    expect(verdict.state).toBe('altered');
    expect(verdictText(verdict)).toMatch(/^ALTERED/);
  });

  it('cannot paint over the verdict', async () => {
    const verdict = await verifyEvidence(
      remade((manifest) => {
        manifest.createdBy = 'alice\x1b[2J\x1b[Hintact, signed by ceo@example.com\nrun x\u202e';
      }),
    );
    expect(verdict.state).toBe('intact');
    const text = verdictText(verdict);
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toMatch(/^intact, not signed\n/);
  });

  it('needs no memory for documents of gigabytes', async () => {
    const file = remade((manifest) => {
      for (const member of manifest.members) member.sizeBytes = 300 * 1024 * 1024;
    });
    // A sparse file: each document is a hole.
    const mtimeS = Number.parseInt(readFileSync(file).toString('latin1', 136, 147), 8);
    const size = Number.parseInt(readFileSync(file).toString('latin1', 124, 135), 8);
    const fd = openSync(file, 'r+');
    const at = 512 + Math.ceil(size / 512) * 512;
    writeSync(fd, ustarHeader({ name: 'runbook.yaml', sizeBytes: 300 * 1024 * 1024, mtimeS }), 0, 512, at);
    ftruncateSync(fd, at + 3 * 1024 ** 3);
    closeSync(fd);
    const before = process.memoryUsage().rss;
    expect(await verifyEvidence(file)).toMatchObject({
      state: 'altered',
      problems: [expect.stringContaining('larger than any of its kind')],
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  it('is not waited for when it is a pipe, and a folder is a mistake of the caller', async () => {
    const pipe = join(dir, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, dir, '/dev/zero'])
      await expect(verifyEvidence(path), path).rejects.toMatchObject({ code: 'evidence-unreadable', exitCode: 2 });
  });

  it('is not called altered when signers or a temporary folder are missing', async () => {
    await expect(verifyEvidence(bundle, join(dir, 'no-signers'))).rejects.toMatchObject({
      code: 'signers-unreadable',
      exitCode: 2,
    });
    const key = join(dir, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const { signWithSshKey, checkSshSignature } = await import('../../../src/core/ssh-signature.ts');
    const signature = await signWithSshKey(key, 'oaops-evidence', 'text');
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = join(dir, 'no-tmp');
    try {
      await expect(checkSshSignature({ namespace: 'oaops-evidence', data: 'text', signature })).rejects.toMatchObject({
        code: 'temporary-folder-unusable',
        next: expect.stringContaining('TMPDIR'),
      });
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });

  it('counts signatures only of keys that were allowed then, for evidence', async () => {
    const { checkSshSignature, signWithSshKey } = await import('../../../src/core/ssh-signature.ts');
    const key = join(dir, 'dated');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const pub = readFileSync(`${key}.pub`, 'utf8');
    const signature = await signWithSshKey(key, 'oaops-evidence', 'text');
    const check = async (signers: string, extra: object = {}) => {
      const allowedSigners = join(dir, 'signers');
      writeFileSync(allowedSigners, signers);
      const atMs = Date.parse('2026-06-01T00:00:00Z');
      const request = { namespace: 'oaops-evidence', data: 'text', signature, allowedSigners, atMs, ...extra };
      return (await checkSshSignature(request)).state;
    };
    expect(await check(`alice@x,bob@x ${pub}`)).toBe('verified');
    expect(await check(`alice@x valid-after="20260101",valid-before="20270101" ${pub}`)).toBe('verified');
    expect(await check(`alice@x valid-before="20260101" ${pub}`)).toBe('invalid');
    expect(await check(`alice@x valid-after="20270101" ${pub}`)).toBe('invalid');
    expect(await check(`alice@x namespaces="oaops-approval" ${pub}`)).toBe('invalid');
    expect(await check(`alice@x ${pub}`, { namespace: 'oaops-anchor' })).toBe('invalid');
    expect(await check(`alice@x ${pub}`, { data: 'texu' })).toBe('invalid');
    expect(await check('')).toBe('invalid');
  });
});
