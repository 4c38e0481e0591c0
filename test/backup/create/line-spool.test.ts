import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LineSpool } from '../../../src/backup/create/line-spool.ts';

it('a spool that is drained and closed leaves alone the file that got its number', () => {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-spool-'));
  try {
    const spool = new LineSpool(join(dir, 'lines'));
    for (const line of ['one', 'two']) spool.push(line);
    expect([...spool.drain()]).toEqual(['one', 'two']);
    const others = Array.from({ length: 8 }, (_, i) => openSync(join(dir, `other ${i}`), 'w'));
    spool.close();
    for (const fd of others) expect(() => fstatSync(fd), `file ${fd}`).not.toThrow();
    for (const fd of others) closeSync(fd);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
