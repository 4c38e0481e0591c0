import type { BucketExamination } from '../../backup/ports.ts';
import { messageOf } from '../../core/errors.ts';
import type { S3Calls } from './calls.ts';
import { explain, factsOf } from './errors.ts';

type Sdk = typeof import('@aws-sdk/client-s3');

/** Asks a bucket, and tries on it, what only a doctor wants to know. */
export async function examineBucket(
  sdk: Sdk,
  calls: S3Calls,
  bucket: string,
  keyPrefix: string,
): Promise<BucketExamination> {
  const { client } = calls;
  const at = (name: string) => ({ Bucket: bucket, Key: keyPrefix + name });
  const [versioning, objectLock, expirations] = await Promise.all([
    versioningOf(sdk, calls, bucket),
    lockOf(sdk, calls, bucket),
    expirationsOf(sdk, calls, bucket),
  ]);
  const readBack = async (name: string, wanted: Uint8Array): Promise<string | undefined> => {
    const answer = await client.send(new sdk.GetObjectCommand(at(name)));
    const found = await answer.Body!.transformToByteArray();
    return Buffer.compare(found, wanted) === 0
      ? undefined
      : `${found.length} bytes came back instead of ${wanted.length}, or others`;
  };

  return {
    versioning,
    objectLock,
    expirations,

    async honoursRange(name) {
      const answer = await calls.run(`read ${name}`, () =>
        client.send(new sdk.GetObjectCommand({ ...at(name), Range: 'bytes=0-9' })),
      );
      const { length } = await answer.Body!.transformToByteArray();
      return length === 10;
    },

    async race(newName, rounds) {
      let bothWon = 0;
      let refused = 0;
      for (let round = 0; round < rounds; round++) {
        const name = newName();
        const one = async (text: string): Promise<boolean> => {
          const body = Buffer.from(text);
          const command = new sdk.PutObjectCommand({ ...at(name), Body: body, IfNoneMatch: '*' });
          try {
            await client.send(command);
            return true;
          } catch (error) {
            const { status, name: word } = factsOf(error);
            if (status === 501 || word === 'NotImplemented') refused += 1;
            if (status === 412 || status === 409 || status === 501) return false;
            throw explain(error, bucket, `store ${name}`);
          }
        };
        const won = await Promise.all([one('first'), one('second')]);
        if (won[0] && won[1]) bothWon += 1;
      }
      return { refusedAll: refused === 2 * rounds, bothWon };
    },

    async multipart(name) {
      let upload: string | undefined;
      try {
        // Every part but the last has at least 5 MiB (Amazon S3 User Guide, "Multipart upload limits").
        const parts = [Buffer.alloc(5 * 1024 * 1024, 'one'), Buffer.from('two')];
        upload = (await client.send(new sdk.CreateMultipartUploadCommand(at(name)))).UploadId;
        const done: { ETag: string; PartNumber: number }[] = [];
        for (const [i, Body] of parts.entries()) {
          const stored = { ...at(name), UploadId: upload, PartNumber: i + 1, Body };
          done.push({ ETag: (await client.send(new sdk.UploadPartCommand(stored))).ETag!, PartNumber: i + 1 });
        }
        const end = { ...at(name), UploadId: upload, MultipartUpload: { Parts: done } };
        await client.send(new sdk.CompleteMultipartUploadCommand(end));
        upload = undefined;
        return await readBack(name, Buffer.concat(parts));
      } catch (error) {
        return reason(error);
      } finally {
        if (upload)
          await client
            .send(new sdk.AbortMultipartUploadCommand({ ...at(name), UploadId: upload }))
            .catch(() => undefined);
      }
    },

    async defaultChecksum(name) {
      const body = Buffer.from('CRC32');
      try {
        const command = new sdk.PutObjectCommand({ ...at(name), Body: body, ChecksumAlgorithm: 'CRC32' });
        await client.send(command);
        return await readBack(name, body);
      } catch (error) {
        return reason(error);
      }
    },

    async remove(name) {
      try {
        if (versioning === 'enabled' || versioning === 'suspended')
          return await removeVersions(sdk, calls, bucket, keyPrefix + name);
        await client.send(new sdk.DeleteObjectCommand(at(name)));
        return 'deleted';
      } catch (error) {
        const { status } = factsOf(error);
        if (status === 403 || status === 401) return 'refused';
        throw explain(error, bucket, `delete ${name}`);
      }
    },
  };
}

async function removeVersions(sdk: Sdk, calls: S3Calls, bucket: string, key: string): Promise<'deleted' | 'retained'> {
  const found = await calls.client.send(new sdk.ListObjectVersionsCommand({ Bucket: bucket, Prefix: key }));
  let retained = false;
  for (const { Key, VersionId } of [...(found.Versions ?? []), ...(found.DeleteMarkers ?? [])]) {
    if (Key !== key || !VersionId) continue;
    try {
      await calls.client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
    } catch (error) {
      if (factsOf(error).status !== 403) throw error;
      retained = true;
    }
  }
  return retained ? 'retained' : 'deleted';
}

async function versioningOf(sdk: Sdk, calls: S3Calls, bucket: string): Promise<BucketExamination['versioning']> {
  try {
    const { Status } = await calls.client.send(new sdk.GetBucketVersioningCommand({ Bucket: bucket }));
    return Status === 'Enabled' ? 'enabled' : Status === 'Suspended' ? 'suspended' : 'off';
  } catch {
    return undefined;
  }
}

async function lockOf(sdk: Sdk, calls: S3Calls, bucket: string): Promise<BucketExamination['objectLock']> {
  try {
    const answer = await calls.client.send(new sdk.GetObjectLockConfigurationCommand({ Bucket: bucket }));
    const rule = answer.ObjectLockConfiguration?.Rule?.DefaultRetention;
    const days = rule?.Days ?? (rule?.Years === undefined ? undefined : rule.Years * 365);
    return {
      enabled: answer.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled',
      ...(rule?.Mode ? { defaultMode: rule.Mode.toLowerCase() } : {}),
      ...(days ? { defaultDays: days } : {}),
    };
  } catch (error) {
    const { status } = factsOf(error);
    return status === 404 || status === 400 ? { enabled: false } : undefined;
  }
}

/** Lifecycle rules in force that delete something. */
async function expirationsOf(sdk: Sdk, calls: S3Calls, bucket: string): Promise<BucketExamination['expirations']> {
  try {
    const { Rules = [] } = await calls.client.send(new sdk.GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    return Rules.filter(({ Status }) => Status === 'Enabled').flatMap((rule) => {
      const prefix = rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? rule.Prefix ?? '';
      const kinds = [
        {
          what: 'objects' as const,
          on: rule.Expiration?.Days !== undefined || rule.Expiration?.Date !== undefined,
          days: rule.Expiration?.Days,
        },
        {
          what: 'versions' as const,
          on: rule.NoncurrentVersionExpiration !== undefined,
          days: rule.NoncurrentVersionExpiration?.NoncurrentDays,
        },
        {
          what: 'uploads' as const,
          on: rule.AbortIncompleteMultipartUpload !== undefined,
          days: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
        },
      ];
      return kinds.filter(({ on }) => on).map(({ what, days }) => ({ prefix, what, days }));
    });
  } catch (error) {
    return factsOf(error).status === 404 ? [] : undefined;
  }
}

function reason(error: unknown): string {
  const { name, status } = factsOf(error);
  return [name || messageOf(error), status].filter(Boolean).join(' ');
}
