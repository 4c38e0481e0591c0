import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { openDirectoryStore } from '../../src/backup/legs/directory.ts';
import { openS3Store } from '../../src/connectors/s3/store.ts';
import { missingForRadosgw, startRadosgw } from '../helpers/radosgw.ts';
import { startScriptedS3 } from '../helpers/scripted-s3.ts';
import { objectStoreSuite } from './object-store-suite.ts';

objectStoreSuite('directory', async () => {
  const root = await mkdtemp(join(tmpdir(), 'oaops-leg-'));
  return {
    open: () => openDirectoryStore(root),
    close: () => rm(root, { recursive: true, force: true }),
    promises: { conditionalCreate: true },
  };
});

objectStoreSuite('scripted S3', async () => {
  const server = await startScriptedS3();
  return {
    open: () => openS3Store('s3://bucket/some/prefix', { env: server.env }),
    close: () => server.close(),
    promises: { conditionalCreate: true },
  };
});

objectStoreSuite('scripted S3 that ignores conditions, ranges and checksums', async () => {
  const server = await startScriptedS3();
  Object.assign(server.manners, { conditional: 'ignored', ranges: false, checksPayload: false, pageSize: 3 });
  return {
    open: async () => {
      const store = await openS3Store('s3://bucket', { env: server.env });
      // Such a server is known only by asking it.
      await store.capabilities();
      return store;
    },
    close: () => server.close(),
    promises: { conditionalCreate: false },
  };
});

objectStoreSuite('scripted S3 that refuses conditions', async () => {
  const server = await startScriptedS3();
  server.manners.conditional = 'refused';
  return {
    open: () => openS3Store('s3://bucket/p', { env: server.env }),
    close: () => server.close(),
    promises: { conditionalCreate: false },
  };
});

const missing = missingForRadosgw();
if (missing.length > 0) {
  describe('radosgw', () => it.skip(`not run: install ${missing.join(', ')}`, () => undefined));
} else {
  objectStoreSuite('radosgw', async () => {
    const server = await startRadosgw();
    return {
      open: () => openS3Store(`s3://${server.bucket}/some/prefix`, { env: server.env }),
      close: () => server.close(),
      promises: { conditionalCreate: true },
    };
  });
}
