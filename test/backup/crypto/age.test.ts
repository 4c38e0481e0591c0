import { execFileSync } from 'node:child_process';
import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, describe, expect, it } from 'vitest';
import { ageHeaderLength, Identities } from '../../../src/backup/crypto/age-header.ts';
import {
  chunkBytes,
  chunkRange,
  lastChunkOf,
  openChunk,
  plainLength,
  storedChunk,
} from '../../../src/backup/crypto/age-stream.ts';
import { decodeObject, decryptBytes, encodeObject, encryptBytes } from '../../../src/backup/crypto/codec.ts';
import { checkRecipient, readIdentityFile, readRecipientsFile } from '../../../src/backup/crypto/keys.ts';
import { needs } from '../../helpers/needs.ts';

const dir = mkdtempSync(join(tmpdir(), 'oaops-age-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function keyPair(name: string) {
  const key = await generateX25519Identity();
  const file = join(dir, name);
  writeFileSync(file, `# created: now\n# public key: x\n${key}\n`, { mode: 0o600 });
  return { key, file, recipient: await identityToRecipient(key) };
}

const sizes = [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes, 3 * chunkBytes + 77];

describe('age files', () => {
  it('of ours are read by the age program with each of the identities', async (context) => {
    needs('age')(context);
    const [one, two] = [await keyPair('one'), await keyPair('two')];
    for (const size of sizes) {
      const plain = randomBytes(size);
      const stored = await encryptBytes(plain, [one.recipient, two.recipient]);
      expect(plainLength(ageHeaderLength(stored)!, stored.length)).toBe(size);
      for (const { file } of [one, two])
        expect(execFileSync('age', ['-d', '-i', file], { input: stored, maxBuffer: 1e8 }).equals(plain)).toBe(true);
    }
  });

  it('of the age program are read by us', async (context) => {
    needs('age')(context);
    const one = await keyPair('read');
    for (const size of sizes) {
      const plain = randomBytes(size);
      const stored = execFileSync('age', ['-r', one.recipient], { input: plain, maxBuffer: 1e8 });
      expect((await decryptBytes(stored, readIdentityFile(one.file))).equals(plain)).toBe(true);
    }
  });

  it('give any range', async () => {
    const one = await keyPair('range');
    const plain = randomBytes(3 * chunkBytes + 77);
    const stored = await encryptBytes(plain, [one.recipient]);
    const { key, headerBytes } = await new Identities([one.key]).payloadKey(stored.subarray(0, 1000));
    for (const [from, to] of [
      [0, 1],
      [0, plain.length],
      [chunkBytes - 1, chunkBytes + 1],
      [chunkBytes, 2 * chunkBytes],
      [3 * chunkBytes, plain.length],
      [plain.length - 1, plain.length],
    ] as const) {
      const range = chunkRange(headerBytes, stored.length, from, to);
      const part = stored.subarray(range.offset, range.offset + range.length);
      const [first, last] = [from, to - 1].map((byte) => Math.floor(byte / chunkBytes)) as [number, number];
      const opened: Buffer[] = [];
      for (let chunk = first; chunk <= last; chunk++) {
        const { offset, length } = storedChunk(headerBytes, stored.length, chunk);
        const bytes = part.subarray(offset - range.offset, offset - range.offset + length);
        const isLast = chunk === lastChunkOf(headerBytes, stored.length);
        opened.push(openChunk(createSecretKey(key), chunk, isLast, bytes));
      }
      const start = first * chunkBytes;
      expect(
        Buffer.concat(opened)
          .subarray(from - start, to - start)
          .equals(plain.subarray(from, to)),
      ).toBe(true);
    }
  });

  it('that were altered anywhere, cut, or belong to another key are refused', async () => {
    const [one, other] = [await keyPair('own'), await keyPair('other')];
    const stored = await encryptBytes(randomBytes(chunkBytes + 10), [one.recipient]);
    const identities = new Identities([one.key]);
    for (let at = 0; at < stored.length; at += at < 400 ? 1 : 9973) {
      const bad = Buffer.from(stored);
      bad[at]! ^= 1;
      await expect(decryptBytes(bad, identities), `bit of byte ${at}`).rejects.toThrow();
    }
    const header = ageHeaderLength(stored)!;
    for (const length of [10, header, header + 15, header + 16, header + 16 + chunkBytes + 16, stored.length - 1])
      await expect(decryptBytes(stored.subarray(0, length), identities), `${length}`).rejects.toThrow();
    await expect(decryptBytes(stored, new Identities([other.key]))).rejects.toMatchObject({
      code: 'wrong-key',
      exitCode: 12,
    });
    await expect(decryptBytes(stored, undefined)).rejects.toMatchObject({ code: 'identity-missing', exitCode: 12 });
  });
});

describe('objects', () => {
  it('are zstd in age, or zstd alone, for the stock tools', async (context) => {
    needs('age', 'zstd')(context);
    const one = await keyPair('object');
    const plain = Buffer.from('oaops-entries\t1\nend\t0\n'.repeat(1000));
    const stored = await encodeObject(plain, [one.recipient]);
    const packed = execFileSync('age', ['-d', '-i', one.file], { input: stored });
    expect(execFileSync('zstd', ['-d'], { input: packed, stdio: ['pipe', 'pipe', 'pipe'] }).equals(plain)).toBe(true);
    expect(
      (await decodeObject(stored, { encryption: 'age', identities: new Identities([one.key]) })).equals(plain),
    ).toBe(true);
    const clear = await encodeObject(plain, []);
    expect(execFileSync('zstd', ['-d'], { input: clear, stdio: ['pipe', 'pipe', 'pipe'] }).equals(plain)).toBe(true);
    expect((await decodeObject(clear, { encryption: 'none', identities: undefined })).equals(plain)).toBe(true);
  });
});

describe('keys', () => {
  it('recipients are checked, private keys refused', async () => {
    const one = await keyPair('check');
    await expect(checkRecipient(one.recipient)).resolves.toBe(one.recipient);
    const wrong = one.recipient.slice(0, -1) + (one.recipient.endsWith('q') ? 'p' : 'q');
    for (const bad of [wrong, 'ssh-ed25519 AAAA', '', one.recipient.toUpperCase()])
      await expect(checkRecipient(bad)).rejects.toMatchObject({ code: 'recipient-invalid', exitCode: 2 });
    await expect(checkRecipient(wrong)).rejects.toThrow(/ is mistyped: its checksum does not fit$/);
    await expect(checkRecipient(one.recipient.toUpperCase())).rejects.toThrow(/: it is in small letters only$/);
    await expect(checkRecipient(one.key)).rejects.toThrow(/^a private key was given as a recipient$/);
  });

  it('files are read as age reads them', async () => {
    const one = await keyPair('files');
    const file = join(dir, 'recipients');
    writeFileSync(file, `# operations\r\n${one.recipient}\r\n\n`);
    expect(readRecipientsFile(file)).toEqual([one.recipient]);
    expect(() => readIdentityFile(join(dir, 'none'))).toThrow(/cannot be read/);
    writeFileSync(file, '# nothing\n');
    expect(() => readIdentityFile(file)).toThrow(/holds no key/);
    writeFileSync(file, 'hello\n');
    expect(() => readIdentityFile(file)).toThrow(/no age key/);
    for (const [text, message] of [
      ['age-encryption.org/v1\n-> scrypt x 18\n', /is itself encrypted/],
      ['-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n', /is itself encrypted/],
      ['-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n', /holds an SSH key/],
      ['# mine\nssh-ed25519 AAAA me@here\n', /holds an SSH key/],
      [`${one.recipient}\n`, /holds a public key/],
      ['AGE-PLUGIN-YUBIKEY-1QQQ\n', /holds a key of an age plugin/],
      [`${one.key}\nssh-ed25519 AAAA me@here\n`, /holds an SSH key/],
      [`${one.key.toLowerCase()}\n`, /holds a private key in small letters$/],
      [`${one.key.slice(0, -1)}${one.key.endsWith('Q') ? 'P' : 'Q'}\n`, /holds a mistyped private key/],
    ] as const) {
      writeFileSync(file, text);
      expect(() => readIdentityFile(file)).toThrow(message);
      // Nobody is shown a private key because of a slip.
      expect(() => readIdentityFile(file)).not.toThrow(new RegExp(one.key.slice(20, 40), 'i'));
    }
  });
});
