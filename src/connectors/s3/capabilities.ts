import { randomBytes } from 'node:crypto';
import type { StoreCapabilities } from '../../backup/ports.ts';
import { sha256Hex } from '../../core/json.ts';
import { type S3Calls, sendPayloadHash } from './calls.ts';
import { factsOf } from './errors.ts';

/**
 * Finds out what a server keeps of its promises by trying: a second conditional put, a body with a wrong sha256. The probe
 * objects have hidden names and are deleted again. What these keys may not ask counts as absent.
 */
export async function probeCapabilities(
  sdk: typeof import('@aws-sdk/client-s3'),
  calls: S3Calls,
  bucket: string,
  keyPrefix: string,
): Promise<StoreCapabilities> {
  const key = `${keyPrefix}.probe-${randomBytes(8).toString('hex')}`;
  const put = async (text: string, suffix: string, hash = sha256Hex(text)) => {
    const command = new sdk.PutObjectCommand({
      Bucket: bucket,
      Key: key + suffix,
      Body: Buffer.from(text),
      ContentLength: text.length,
      ChecksumSHA256: Buffer.from(hash, 'hex').toString('base64'),
      IfNoneMatch: '*',
    });
    sendPayloadHash(command, hash);
    await calls.client.send(command);
  };
  const remove = (suffix: string) =>
    calls.client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key + suffix })).catch(() => undefined);

  const conditionalCreate = await calls.run('probe conditional puts', async () => {
    try {
      await put('one', '-a').catch((error) => {
        // A try before this one may have stored it.
        if (factsOf(error).status !== 412) throw error;
      });
      await put('two', '-a');
      return false;
    } catch (error) {
      const { status, name } = factsOf(error);
      if (status === 412) return true;
      if (status === 501 || name === 'NotImplemented') return false;
      throw error;
    }
  });
  await remove('-a');

  const checksums = await put('text', '-b', sha256Hex('another text')).then(
    () => false,
    (error) => factsOf(error).status === 400,
  );
  await remove('-b');

  const versioning = await calls.client.send(new sdk.GetBucketVersioningCommand({ Bucket: bucket })).then(
    (answer) => answer.Status === 'Enabled',
    () => false,
  );
  const objectLock = await calls.client.send(new sdk.GetObjectLockConfigurationCommand({ Bucket: bucket })).then(
    (answer) => answer.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled',
    () => false,
  );
  return { conditionalCreate, checksums, versioning, objectLock };
}
