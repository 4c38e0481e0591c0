import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, sha256Hex } from '../../../src/core/json.ts';
import { readAnchors } from '../../../src/record/audit/read-anchors.ts';
import { exportEvidence } from '../../../src/record/evidence/bundle.ts';
import { readBundledAnchor, verifyEvidence } from '../../../src/record/evidence/verify.ts';
import type { OpenedRecord } from '../../../src/record/open.ts';
import { Bench, storeRun } from '../suite.ts';

const at = '2026-11-22T08:00:01.000Z';

describe('evidence bundle', () => {
  const bench = new Bench('sqlite');
  let record: OpenedRecord;
  let dir: string;
  let runId: string;
  let bundle: string;
  let signed: string;
  let key: string;

  const files = () => ({ outputPath: (row: { step: string }, name: string) => join(dir, 'runs', row.step, name) });
  const store = (path: string, content: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return sha256Hex(content);
  };

  beforeAll(async () => {
    const place = await bench.place();
    dir = place.stateDir;
    record = await bench.open(place);
    const text = 'apiVersion: oaops/v1\nkind: Procedure # 步骤\n';
    const body = {
      planVersion: 1,
      schemaVersion: '1.0',
      runbook: { name: 'r', text, sha256: sha256Hex(text) },
      inputs: { n: 1 },
      steps: [],
    };
    const plan = { ...body, digest: digestOf(body), createdAt: at };
    runId = await storeRun(record, { plan, digest: plan.digest });
    const lock = await record.locks.acquire(`run:${runId}`, `run ${runId}`);
    for (const step of ['copy', 'check']) {
      const stdout = store(join(dir, 'runs', step, 'do-1.stdout.txt'), `output of ${step}\n`.repeat(40));
      const seq = await record.runs.intent(
        {
          runId,
          step,
          unit: 'localhost',
          target: 'localhost',
          attempt: 1,
          phase: 'do',
          args: { argv: ['ls', '资料'] },
          at,
        },
        lock.fence,
      );
      await record.facts.add('something else', step, at, 1);
      const outputs = [{ name: 'do-1.stdout.txt', sha256: stdout, totalBytes: 640, truncated: false }];
      await record.runs.result(seq, { status: 'ok', result: { exitCode: 0 }, outputs, at }, lock.fence);
    }
    const photo = join(dir, 'given', '机房 照片.txt');
    const sha256 = store(photo, 'a photo of the server room');
    await record.runs.addInput({
      runId,
      step: 'check',
      unit: 'localhost',
      kind: 'answer',
      by: 'bob',
      at,
      body: { value: true, file: { name: '机房 照片.txt', sha256, path: photo } },
    });
    await record.runs.setStatus(runId, { status: 'ok', at, exitCode: 0 });

    key = join(dir, 'id_test');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ops', '-f', key]);
    bundle = join(dir, 'plain.tar');
    signed = join(dir, 'signed.tar');
    const options = { runId, createdBy: 'alice', oaopsVersion: '0.1.0', ...files() };
    await exportEvidence(record, { ...options, out: bundle });
    await exportEvidence(record, { ...options, out: signed, keyFile: key });
  });
  afterAll(() => bench.stop());

  it('is intact right after export, signed or not', async () => {
    expect(await verifyEvidence(bundle)).toMatchObject({
      state: 'intact',
      problems: [],
      run: runId,
      signer: { state: 'not-signed' },
      missing: [],
    });
    expect(await verifyEvidence(signed)).toMatchObject({
      state: 'intact',
      problems: [],
      signer: { state: 'unverified' },
    });
  });

  it('names the signer when the allowed-signers file knows him', async () => {
    const allowed = join(dir, 'allowed');
    const publicKey = readFileSync(`${key}.pub`, 'utf8');
    writeFileSync(allowed, `alice@example.com namespaces="oaops-evidence" ${publicKey}`);
    expect(await verifyEvidence(signed, allowed)).toMatchObject({
      state: 'intact',
      signer: { state: 'verified', principal: 'alice@example.com' },
    });
    expect(await verifyEvidence(bundle, allowed)).toMatchObject({ state: 'altered', problems: ['it is not signed'] });
    writeFileSync(allowed, `alice@example.com namespaces="oaops-approval" ${publicKey}`);
    expect(await verifyEvidence(signed, allowed)).toMatchObject({ state: 'altered', signer: { state: 'invalid' } });
    writeFileSync(allowed, `alice@example.com valid-before="20200101" ${publicKey}`);
    expect(await verifyEvidence(signed, allowed)).toMatchObject({ state: 'altered', signer: { state: 'invalid' } });
  });

  it('is a plain tar that stock tar reads', () => {
    const names = execFileSync('tar', ['tf', signed], { encoding: 'utf8' }).trim().split('\n');
    expect(names.slice(0, 9)).toEqual([
      'manifest.json',
      'manifest.json.sig',
      'runbook.yaml',
      'plan.json',
      'run.json',
      'journal.ndjson',
      'inputs.ndjson',
      'audit.ndjson',
      'anchor.json',
    ]);
    expect(names).toContain('outputs/copy/localhost/1-do-1.stdout.txt');
    expect(names).toHaveLength(12);
    expect(execFileSync('tar', ['xOf', signed, 'runbook.yaml'], { encoding: 'utf8' })).toContain('# 步骤');
  });

  it('tells nothing of other runs but their place in the chain', () => {
    const slice = execFileSync('tar', ['xOf', bundle, 'audit.ndjson'], { encoding: 'utf8' });
    expect(slice).not.toContain('something else');
    expect(slice).toContain('evidence.exported');
  });

  it('finds a flipped bit in any byte', async () => {
    const bytes = readFileSync(bundle);
    const copy = join(dir, 'flipped.tar');
    const passed: number[] = [];
    // Another fifth of the bytes in each run: all of them take half a minute.
    const first = randomInt(5);
    console.log(`seed: every fifth byte from ${first}`);
    for (let offset = first; offset < bytes.length; offset += 5) {
      const flipped = Buffer.from(bytes);
      flipped[offset]! ^= 1 << (offset % 8);
      writeFileSync(copy, flipped);
      if ((await verifyEvidence(copy)).state !== 'altered') passed.push(offset);
    }
    expect(passed).toEqual([]);
  }, 120_000);

  it('finds a flipped bit in the signature', async () => {
    const bytes = readFileSync(signed);
    const start = bytes.indexOf('-----BEGIN SSH SIGNATURE-----');
    const end = bytes.indexOf('-----END SSH SIGNATURE-----') + 28;
    const copy = join(dir, 'flipped-signature.tar');
    for (let offset = start; offset < end; offset += 11) {
      const flipped = Buffer.from(bytes);
      flipped[offset]! ^= 1 << (offset % 7);
      writeFileSync(copy, flipped);
      expect(await verifyEvidence(copy), `offset ${offset}`).toMatchObject({ state: 'altered' });
    }
  }, 60_000);

  it('finds every cut and everything appended', async () => {
    const bytes = readFileSync(bundle);
    const copy = join(dir, 'cut.tar');
    for (let length = 0; length < bytes.length; length += 256) {
      writeFileSync(copy, bytes.subarray(0, length));
      expect(await verifyEvidence(copy), `length ${length}`).toMatchObject({ state: 'altered' });
    }
    for (const tail of [Buffer.from('x'), Buffer.alloc(512), bytes]) {
      writeFileSync(copy, Buffer.concat([bytes, tail]));
      expect(await verifyEvidence(copy)).toMatchObject({ state: 'altered' });
    }
  });

  it('finds a journal told differently, even when the manifest is made to fit', async () => {
    for (const [member, from, to] of [
      ['journal.ndjson', '"exitCode":0', '"exitCode":1'],
      ['run.json', '"status":"ok"', '"status":"failed"'],
      ['plan.json', '"n":1', '"n":2'],
      ['runbook.yaml', 'Procedure', 'Procedurf'],
      ['inputs.ndjson', '"bob"', '"eve"'],
      ['audit.ndjson', '"unit.result"', '"unit.resulu"'],
    ] as const) {
      const forged = join(dir, 'forged.tar');
      await repack(bundle, forged, (name, text) => (name === member ? text.replace(from, to) : text));
      const verdict = await verifyEvidence(forged);
      expect(verdict.state, member).toBe('altered');
      expect(verdict.problems.join(), member).not.toMatch(/contents of .* were changed/);
    }
    // The same way of packing without a change is accepted: the test above fails for the right reason.
    const same = join(dir, 'same.tar');
    await repack(bundle, same, (_name, text) => text);
    expect(await verifyEvidence(same)).toMatchObject({ state: 'intact', problems: [] });
  });

  it('finds an output that was taken out and called missing, and a signature that was taken out', async () => {
    const forged = join(dir, 'forged.tar');
    const same = (_name: string, text: string) => text;
    await repack(bundle, forged, same, (manifest) => {
      const { name, source } = manifest.members.pop()!;
      manifest.missing.push({ source, reason: 'there is no such file' });
      return [name];
    });
    expect(await verifyEvidence(forged)).toMatchObject({
      state: 'altered',
      problems: [expect.stringContaining('outputs that were gone')],
    });
    await repack(signed, forged, same, (manifest) => {
      manifest.signer = null;
      return ['manifest.json.sig'];
    });
    expect(await verifyEvidence(forged)).toMatchObject({
      state: 'altered',
      problems: [expect.stringContaining('exported signed with SHA256:')],
    });
  });

  it('refuses hostile tar files without writing anything', async () => {
    const hostile = join(dir, 'hostile');
    mkdirSync(join(hostile, 'sub'), { recursive: true });
    execFileSync('ln', ['-s', '/etc/passwd', join(hostile, 'manifest.json')]);
    writeFileSync(join(hostile, 'sub/x'), 'x');
    const tar = join(dir, 'hostile.tar');
    for (const args of [
      ['manifest.json'],
      ['sub'],
      ['--transform=s,^,../../,', 'sub/x'],
      ['-P', '--transform=s,^,/tmp/,', 'sub/x'],
      [`--transform=s,.*,${'n'.repeat(200)},`, 'sub/x'],
    ]) {
      execFileSync('tar', ['cf', tar, '-C', hostile, ...args], { stdio: 'pipe' });
      expect(await verifyEvidence(tar)).toMatchObject({ state: 'altered' });
    }
    writeFileSync(tar, '');
    expect(await verifyEvidence(tar)).toMatchObject({ state: 'altered' });
    await expect(verifyEvidence(join(dir, 'nothing.tar'))).rejects.toMatchObject({
      code: 'evidence-unreadable',
      exitCode: 2,
    });
  });

  it('says which outputs were gone or changed, and is intact all the same', async () => {
    const out = join(dir, 'missing.tar');
    const outputPath = (row: { step: string }, name: string) =>
      row.step === 'copy' ? join(dir, 'nowhere') : join(dir, 'runs', row.step, name);
    const summary = await exportEvidence(record, { runId, out, createdBy: 'alice', oaopsVersion: '0.1.0', outputPath });
    expect(summary.missing).toEqual([
      {
        source: { journalSeq: 1, output: 'do-1.stdout.txt' },
        reason: expect.stringMatching(/no such file on .*machine that ran the step/),
      },
    ]);
    expect(await verifyEvidence(out)).toMatchObject({ state: 'intact', missing: summary.missing });
  });

  it('never overwrites', async () => {
    const again = exportEvidence(record, { runId, out: bundle, createdBy: 'alice', oaopsVersion: '0.1.0', ...files() });
    await expect(again).rejects.toMatchObject({ code: 'evidence-exists', exitCode: 2 });
  });

  it('anchors the chain it came from', async () => {
    const anchor = await readBundledAnchor(bundle);
    expect(await readAnchors(bundle)).toEqual([anchor]);
    expect(await record.audit.verify([anchor])).toMatchObject({ state: 'anchored', anchoredTo: anchor.seq });
  });
});

/** Packs a bundle anew with changed members and a manifest that fits them: what a forger without the chain can do. */
async function repack(
  from: string,
  to: string,
  change: (name: string, text: string) => string,
  /** Changes the manifest and names the members that are left out. */
  // biome-ignore lint/suspicious/noExplicitAny: a manifest as a forger writes it
  forge: (manifest: any) => string[] = () => [],
): Promise<void> {
  const { BundleReader } = await import('../../../src/record/evidence/ustar.ts');
  const { manifestText } = await import('../../../src/record/evidence/format.ts');
  const { TarArchive } = await import('archiver');
  const { createWriteStream } = await import('node:fs');
  const { pipeline } = await import('node:stream/promises');
  const reader = await BundleReader.open(from);
  const members: { name: string; text: string }[] = [];
  for (let member = await reader.next(); member; member = await reader.next()) {
    members.push({ name: member.name, text: change(member.name, (await reader.bytes(member, 1e9)).toString()) });
  }
  await reader.close();
  const { digest: _, ...manifest } = JSON.parse(members[0]!.text);
  const left = forge(manifest);
  for (const listed of manifest.members) {
    const { text } = members.find((member) => member.name === listed.name)!;
    Object.assign(listed, { sizeBytes: Buffer.byteLength(text), sha256: sha256Hex(text) });
  }
  members[0]!.text = manifestText(manifest);
  const archive = new TarArchive();
  const written = pipeline(archive, createWriteStream(to));
  for (const { name, text } of members.filter(({ name }) => !left.includes(name)))
    archive.append(Buffer.from(text), { name, date: new Date(manifest.createdAt), mode: 0o644 });
  await archive.finalize();
  await written;
}
