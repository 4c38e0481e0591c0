import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RepositoryCache } from '../../../src/backup/cache/repository-cache.ts';
import type { LegSet } from '../../../src/backup/create/leg-set.ts';
import { ManifestWriter } from '../../../src/backup/create/manifest-writer.ts';

it('a manifest that is given up ends when the block on its way is stored, or has failed', async () => {
  const work = mkdtempSync(join(tmpdir(), 'oaops-manifest-writer-'));
  try {
    for (const failure of [undefined, new Error('the leg is gone')]) {
      const done: string[] = [];
      const put = async () => {
        await new Promise((resolve) => setImmediate(resolve));
        done.push('put');
        if (failure) throw failure;
      };
      const writer = new ManifestWriter({
        legs: { has: () => false, put } as unknown as LegSet,
        cache: { block: () => undefined, addBlock: () => done.push('added') } as unknown as RepositoryCache,
        recipients: [],
        spoolFile: join(work, 'lines'),
        earlierBlock: () => undefined,
        nameOf: String,
      });
      // So long that the block ends by its size.
      const field = 'x'.repeat(6 * 1024 * 1024);
      for (let i = 0; i < 3; i++) await writer.add(['f', `${i}`, field, ...Array(14).fill('-')].join('\t'), false);
      await writer.close();
      expect(done).toEqual(failure ? ['put'] : ['put', 'added']);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
