import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { type Entry, formatEntry, parseEntry } from '../../../src/backup/format/entry.ts';
import { restoreOwners } from '../../../src/backup/restore/owners.ts';
import { planRestore } from '../../../src/backup/restore/plan.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const line = (type: 'd' | 'l' | 'f', path: string) =>
  formatEntry({
    ...{ type, path, mode: 0o755, uid: 0, gid: 0, user: 'somebody-of-some-length', group: 'a-group-of-some-length' },
    ...{ mtimeNs: 1n, ctimeNs: 1n, inode: 1n, size: 0, sha256: undefined, pieces: [], acl: undefined },
    ...{ target: type === 'l' ? 'a-target-of-some-length' : undefined, link: undefined, flags: [] },
    xattrs: [{ name: 'user.some-name-of-some-length', hex: '00'.repeat(20) }],
  });

it('a plan keeps none of the texts in memory that its entries were parts of', async () => {
  const texts = 300;
  const textBytes = 64 * 1024;
  const read = async function* (): AsyncGenerator<Entry> {
    for (let i = 0; i < texts; i++) {
      const folder = `folder-of-some-length-${String(i).padStart(4, '0')}`;
      const own = [
        line('d', folder),
        line('f', `${folder}/a-file-with-a-name`),
        line('l', `${folder}/b-link-with-a-name`),
      ];
      const text = Buffer.from([...own, 'x'.repeat(textBytes)].join('\n'), 'latin1').toString('latin1');
      for (const one of text.split('\n').slice(0, own.length)) yield parseEntry(one);
    }
  };
  collect();
  const before = process.memoryUsage().heapUsed;
  const select = { include: [], exclude: [] };
  const plan = await planRestore(read, select, restoreOwners('numbers'), { heldFiles: 10_000, seen: undefined });
  collect();
  const held = process.memoryUsage().heapUsed - before;
  expect([plan.folders.length, plan.files.length, plan.specials.length]).toEqual([texts, texts, texts]);
  expect(held).toBeLessThan((texts * textBytes) / 4);
});
