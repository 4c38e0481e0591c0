import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import { objectStoreSuite } from './object-store-suite.ts';

objectStoreSuite('directory', async () => {
  const root = await mkdtemp(join(tmpdir(), 'oaops-leg-'));
  return {
    open: () => openDirectoryStore(root),
    close: () => rm(root, { recursive: true, force: true }),
    promises: { conditionalCreate: true },
  };
});
