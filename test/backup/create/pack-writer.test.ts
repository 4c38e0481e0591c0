import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, describe, expect, it } from 'vitest';
import { FrameCompressors } from '../../../src/backup/create/frame-queue.ts';
import { PackWriter } from '../../../src/backup/create/pack-writer.ts';
import { TarCheck } from '../../../src/backup/create/tar-check.ts';
import { needs } from '../../helpers/needs.ts';

const dir = mkdtempSync(join(tmpdir(), 'oaops-pack-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const compressors = new FrameCompressors(3);
afterAll(() => compressors.close());

const contents = [0, 1, 511, 512, 513, 8 * 1024 * 1024, 1024 * 1024, 77, 100_000].map((size, i) =>
  i % 2 ? randomBytes(size) : Buffer.alloc(size, `line ${i} of a text\n`),
);

async function write(name: string, recipients: string[]) {
  const file = join(dir, name);
  const writer = await PackWriter.create({ file, recipients, compressors });
  const members: number[] = [];
  for (const content of contents) {
    members.push(writer.append(content));
    await writer.copied();
    await writer.framesTo(1024 * 1024);
  }
  const info = await writer.finish();
  return { file, members, info };
}

function untar(tar: Buffer): (member: number) => Buffer {
  const out = mkdtempSync(join(dir, 'out-'));
  execFileSync('tar', ['-x', '-C', out], { input: tar });
  return (member) => readFileSync(join(out, String(member)));
}

describe('a pack', () => {
  it('is read by age, zstd and tar, and its numbers are right', async (context) => {
    needs('age', 'zstd')(context);
    const identity = await generateX25519Identity();
    const keyFile = join(dir, 'key');
    writeFileSync(keyFile, `${identity}\n`);
    const { file, members, info } = await write('secret', [await identityToRecipient(identity)]);
    const stored = readFileSync(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(info.storedBytes).toBe(stored.length);
    expect(info.sha256).toBe(createHash('sha256').update(stored).digest('hex'));
    const zstd = execFileSync('age', ['-d', '-i', keyFile, file], { maxBuffer: 1e9 });
    expect(info.frames.reduce((sum, length) => sum + length, 0)).toBe(zstd.length);
    const tar = execFileSync('zstd', ['-d', '-c'], { input: zstd, maxBuffer: 1e9 });
    expect(info.tarBytes).toBe(tar.length);
    const member = untar(tar);
    for (const [i, content] of contents.entries()) {
      expect(member(members[i]!).equals(content)).toBe(true);
      const start = (members[i]! + 1) * 512;
      expect(tar.subarray(start, start + content.length).equals(content)).toBe(true);
    }
  });

  it('has frames that can be read alone', async (context) => {
    needs('zstd')(context);
    const { file, members, info } = await write('clear', []);
    const stored = readFileSync(file);
    const last = info.frames.length - 1;
    const start = info.frames.slice(0, last).reduce((sum, length) => sum + length, 0);
    const frame = execFileSync('zstd', ['-d', '-c'], { input: stored.subarray(start) });
    const offset = (members.at(-1)! + 1) * 512 - last * 1024 * 1024;
    const content = contents.at(-1)!;
    expect(
      frame.subarray(Math.max(0, offset), offset + content.length).equals(content.subarray(Math.max(0, -offset))),
    ).toBe(true);
    expect(info.headerBytes).toBe(0);
  });

  it('never goes over a file of the spool', async () => {
    mkdirSync(join(dir, 'taken'));
    await expect(PackWriter.create({ file: join(dir, 'taken'), recipients: [], compressors })).rejects.toThrow(
      /EEXIST/,
    );
  });
});

describe('the check of the tar stream', () => {
  it('refuses a member that is not where it was announced', () => {
    const tar = execFileSync('tar', ['-c', '--format=ustar', '-C', dir, '--transform=s/.*/0/', 'key']);
    const at = (block: number, length: number) => {
      const check = new TarCheck();
      check.expect(block, length);
      return () => {
        for (const byte of [tar.subarray(0, 100), tar.subarray(100)]) check.write(byte);
        check.end();
      };
    };
    const size = statSync(join(dir, 'key')).size;
    // GNU tar fills up to 10 KiB: only the length of the stream is found wrong.
    expect(at(0, size)).toThrow(/tar stream of 10240 bytes/);
    expect(at(0, size + 1)).toThrow(/came out as 0 of/);
    expect(at(1, size)).toThrow(/came out as/);
  });
});
