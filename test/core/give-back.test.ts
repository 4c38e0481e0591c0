import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { giveBack } from '../../src/core/give-back.ts';

const isGone = (buffer: Buffer) => (buffer.buffer as ArrayBuffer).detached;

describe('giveBack', () => {
  it('frees a decrypted chunk, which is just as large as the memory that small buffers share', () => {
    const key = randomBytes(32);
    const cipher = createCipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 });
    const chunk = cipher.update(Buffer.alloc(64 * 1024));
    cipher.final();
    const decipher = createDecipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 });
    decipher.setAuthTag(cipher.getAuthTag());
    const plain = decipher.update(chunk);
    decipher.final();
    expect(plain).toHaveLength(64 * 1024);
    giveBack(plain);
    expect(isGone(plain)).toBe(true);
  });

  it('frees what zlib filled with one byte of room left', () => {
    const plain = zstdDecompressSync(zstdCompressSync(Buffer.alloc(100_000, 'x')), { chunkSize: 100_001 });
    giveBack(plain);
    expect(isGone(plain)).toBe(true);
  });

  it.each([1, 100, 4096, 20_000, 32_767])('leaves the memory alone that a buffer of %d bytes shares', (bytes) => {
    const shared = Buffer.allocUnsafe(bytes);
    const neighbour = Buffer.from('still here');
    giveBack(shared);
    expect(isGone(shared)).toBe(false);
    expect(neighbour.toString()).toBe('still here');
  });

  it('leaves a part of a larger memory alone, and an empty buffer', () => {
    const whole = Buffer.allocUnsafeSlow(100_000);
    giveBack(whole.subarray(0, 50_000));
    giveBack(whole.subarray(50_000));
    expect(isGone(whole)).toBe(false);
    giveBack(Buffer.alloc(0));
    expect(Buffer.from('after')).toHaveLength(5);
  });
});
