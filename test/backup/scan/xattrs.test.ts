import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toBytes } from '../../../src/backup/format/byte-string.ts';
import { AttributeReader } from '../../../src/backup/scan/xattrs.ts';

const dir = mkdtempSync(join(tmpdir(), 'oaops-xattrs-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** True when getfattr is there and this file system keeps attributes of users. */
function equipped(): boolean {
  const file = join(dir, 'probe');
  writeFileSync(file, '');
  return (
    spawnSync('getfattr', ['--version']).error === undefined &&
    spawnSync('setfattr', ['-n', 'user.a', '-v', 'b', file]).status === 0
  );
}

describe('attributes of many objects', () => {
  it('come batch after batch, also of names with line feeds and bytes that are no text', async ({ skip }) => {
    if (!equipped()) skip();
    const reader = new AttributeReader();
    const plain = Array.from({ length: 3000 }, (_, i) => `${dir}/plain-${i}-${'x'.repeat(100)}`);
    for (const name of plain) writeFileSync(name, '');
    const value = 'v'.repeat(3000);
    const everyByte = Array.from({ length: 255 }, (_, i) => String.fromCharCode(i + 1)).join('');
    const odd = [
      `${dir}/${everyByte.replace('/', '')}`,
      `${dir}/line\nfeed #end 0`,
      `${dir}/\xe9\xff`,
      `${dir}/back\\slash 'and "quotes`,
    ];
    for (const name of odd) {
      writeFileSync(toBytes(name), '');
      // Arguments of Node.js are text, so the name goes through xargs here too.
      execFileSync('xargs', ['-0', 'setfattr', '-n', 'user.note', '-v', value], { input: toBytes(`${name}\0`) });
    }
    const hex = Buffer.from(value).toString('hex');
    const expected = odd.map((name) => [name, { xattrs: [{ name: 'user.note', hex }], acl: undefined }]);
    try {
      // More than one getfattr takes, asked for all at once; with objects that vanished.
      const [all, gone, again, none] = await Promise.all([
        reader.read([...plain, ...odd]),
        reader.read([`${dir}/gone`]),
        reader.read([...odd, `${dir}/gone`]),
        reader.read([]),
      ]);
      expect([...all]).toEqual(expected);
      expect(gone.size).toBe(0);
      expect([...again]).toEqual(expected);
      expect(none.size).toBe(0);
      expect(reader.isMissing).toBe(false);
    } finally {
      reader.close();
    }
    await expect(reader.read([odd[0]!])).rejects.toThrow(/ended/);
  });
});
