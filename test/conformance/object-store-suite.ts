import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/backup/ports.ts';
import { sha256Hex } from '../../src/core/json.ts';

export interface StoreUnderTest {
  /** A second opening of the same place. */
  open(): Promise<ObjectStore>;
  close(): Promise<void>;
  /** Whether the store checks what it is sent against our sha256. */
  promises: { conditionalCreate: boolean };
}

const put = (store: ObjectStore, name: string, bytes: Uint8Array) =>
  store.put(name, { bytes }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length });

async function namesOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list(prefix)) names.push(name);
  return names;
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

/** What every leg promises, whatever it is made of. */
export function objectStoreSuite(title: string, start: () => Promise<StoreUnderTest>): void {
  describe(title, () => {
    let place: StoreUnderTest;
    let store: ObjectStore;
    let folder: string;

    beforeAll(async () => {
      place = await start();
      store = await place.open();
      folder = await mkdtemp(join(tmpdir(), 'oaops-store-'));
    }, 180_000);
    afterAll(async () => {
      await store?.close();
      await place?.close();
      await rm(folder, { recursive: true, force: true });
    }, 60_000);

    it('gives back what was put, whole, by range and as a stream', async () => {
      const bytes = randomBytes(300_000);
      expect(await put(store, 'packs/ab/one', bytes)).toBe('stored');
      expect(Buffer.compare(await store.get('packs/ab/one'), bytes)).toBe(0);
      const range = await store.get('packs/ab/one', { offset: 1000, length: 77 });
      expect(Buffer.from(range)).toEqual(bytes.subarray(1000, 1077));
      const end = await store.get('packs/ab/one', { offset: 299_990, length: 10 });
      expect(Buffer.from(end)).toEqual(bytes.subarray(299_990));
      expect(await readAll(await store.stream('packs/ab/one'))).toEqual(bytes);
    });

    it('stores a file of the spool and reports its progress', async () => {
      const bytes = randomBytes(5_000_000);
      const file = join(folder, 'spooled');
      await writeFile(file, bytes);
      let reported = 0;
      const outcome = await store.put(
        'packs/cd/file',
        { file },
        {
          sha256: sha256Hex(bytes),
          sizeBytes: bytes.length,
          onProgress: (done) => {
            reported = done;
          },
        },
      );
      expect(outcome).toBe('stored');
      expect(reported).toBe(bytes.length);
      expect(sha256Hex(await store.get('packs/cd/file'))).toBe(sha256Hex(bytes));
    });

    it('stores empty objects', async () => {
      const nothing = new Uint8Array();
      expect(await put(store, 'empty', nothing)).toBe('stored');
      expect(await store.head('empty')).toMatchObject({ sizeBytes: 0 });
      expect((await store.get('empty')).length).toBe(0);
      expect((await readAll(await store.stream('empty'))).length).toBe(0);
    });

    it('never overwrites', async () => {
      await put(store, 'once', Buffer.from('first'));
      expect(await put(store, 'once', Buffer.from('first'))).toBe('exists');
      expect(await put(store, 'once', Buffer.from('other'))).toBe('exists');
      await expect(put(store, 'once', Buffer.from('longer text'))).rejects.toMatchObject({ code: 'object-conflict' });
      expect(Buffer.from(await store.get('once')).toString()).toBe('first');
    });

    it('lets one of many racing writers win', async () => {
      const stores = await Promise.all(Array.from({ length: 8 }, () => place.open()));
      const outcomes = await Promise.all(stores.map((one, i) => put(one, 'raced', Buffer.from(`writer ${i}`))));
      const winners = [...outcomes.keys()].filter((i) => outcomes[i] === 'stored');
      if (place.promises.conditionalCreate) expect(winners).toHaveLength(1);
      // Without conditions several may believe that they have won; what is there is whole, and of one of them.
      expect(winners.map((winner) => `writer ${winner}`)).toContain(Buffer.from(await store.get('raced')).toString());
      for (const one of stores) await one.close();
    });

    it('stores nothing when the bytes are not the announced ones', async () => {
      const bytes = Buffer.from('some bytes');
      await expect(
        store.put('wrong-sha', { bytes }, { sha256: sha256Hex('other'), sizeBytes: bytes.length }),
      ).rejects.toMatchObject({ code: 'object-body-mismatch' });
      const file = join(folder, 'short');
      await writeFile(file, 'short');
      await expect(
        store.put('wrong-size', { file }, { sha256: sha256Hex('short'), sizeBytes: 6 }),
      ).rejects.toMatchObject({ code: 'object-body-mismatch' });
      await expect(
        store.put('wrong-sha', { file }, { sha256: sha256Hex('shore'), sizeBytes: 5 }),
      ).rejects.toMatchObject({ code: 'object-body-mismatch' });
      expect(await store.head('wrong-sha')).toBeUndefined();
      expect(await store.head('wrong-size')).toBeUndefined();
    });

    it('names what is missing and what is cut short', async () => {
      await expect(store.get('not/there')).rejects.toMatchObject({ code: 'object-missing' });
      await expect(store.get('not/there', { offset: 0, length: 4 })).rejects.toMatchObject({ code: 'object-missing' });
      await expect(store.stream('not/there').then(readAll)).rejects.toMatchObject({ code: 'object-missing' });
      expect(await store.head('not/there')).toBeUndefined();
      await put(store, 'ten', Buffer.from('0123456789'));
      await expect(store.get('ten', { offset: 5, length: 6 })).rejects.toMatchObject({ code: 'object-truncated' });
      await expect(store.get('ten', { offset: 10, length: 1 })).rejects.toMatchObject({ code: 'object-truncated' });
      await expect(store.get('ten', { offset: 99, length: 1 })).rejects.toMatchObject({ code: 'object-truncated' });
    });

    it('lists by prefix in byte order, more than one page of them, at once after put', async () => {
      const names = ['list/a-b', 'list/a/b', 'list/a/c', 'list/aa', 'list/B', 'list/a.x', 'lisu'];
      for (const name of names) await put(store, name, Buffer.from(name));
      const inOrder = names.filter((name) => name.startsWith('list/')).sort();
      expect(await namesOf(store, 'list/')).toEqual(inOrder);
      expect(await namesOf(store, 'list/a')).toEqual(inOrder.filter((name) => name.startsWith('list/a')));
      expect(await namesOf(store, 'lis')).toEqual([...inOrder, 'lisu']);
      expect(await namesOf(store, 'list/a/')).toEqual(['list/a/b', 'list/a/c']);
      expect(await namesOf(store, 'nothing/')).toEqual([]);
      for await (const entry of store.list('list/aa')) {
        expect(entry.sizeBytes).toBe(7);
        expect(Math.abs(entry.modifiedMs - Date.now())).toBeLessThan(120_000);
      }
      const many = Array.from({ length: 1_050 }, (_, i) => `many/${String(i).padStart(5, '0')}`);
      for (let i = 0; i < many.length; i += 50) {
        await Promise.all(many.slice(i, i + 50).map((name) => put(store, name, Buffer.from('x'))));
      }
      expect(await namesOf(store, 'many/')).toEqual(many);
    }, 60_000);

    it('deletes, also what is not there', async () => {
      await put(store, 'gone', Buffer.from('x'));
      expect(await store.delete('gone')).toBe('deleted');
      expect(await store.delete('gone')).toBe('deleted');
      expect(await store.head('gone')).toBeUndefined();
      expect(await put(store, 'gone', Buffer.from('again'))).toBe('stored');
    });

    it('refuses names that could leave the repository', async () => {
      for (const name of ['../x', '/x', 'a//b', 'a/../b', '', 'a/', 'ä', 'a b', '.hidden', 'a\0b']) {
        await expect(put(store, name, Buffer.from('x'))).rejects.toMatchObject({ code: 'object-name-invalid' });
        await expect(store.get(name)).rejects.toMatchObject({ code: 'object-name-invalid' });
        await expect(store.delete(name)).rejects.toMatchObject({ code: 'object-name-invalid' });
      }
    });

    it('stops when told to and stores nothing', async () => {
      const file = join(folder, 'aborted');
      const bytes = randomBytes(4_000_000);
      await writeFile(file, bytes);
      const stop = new AbortController();
      stop.abort();
      await expect(
        store.put('aborted', { file }, { sha256: sha256Hex(bytes), sizeBytes: bytes.length, signal: stop.signal }),
      ).rejects.toMatchObject({ name: 'AbortError' });
      expect(await store.head('aborted')).toBeUndefined();
    });

    it('knows its time and what it can promise', async () => {
      expect(Math.abs((await store.serverTimeMs()) - Date.now())).toBeLessThan(120_000);
      expect(await store.capabilities()).toMatchObject(place.promises);
      expect((await namesOf(store, '')).filter((name) => name.includes('probe'))).toEqual([]);
    });
  });
}
