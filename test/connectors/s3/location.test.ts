import { describe, expect, it } from 'vitest';
import { isS3Location, parseS3Location } from '../../../src/connectors/s3/location.ts';

describe('S3 locations', () => {
  it('reads bucket and prefix', () => {
    expect(parseS3Location('s3://bucket')).toEqual({ bucket: 'bucket', prefix: '' });
    expect(parseS3Location('s3://bucket/')).toEqual({ bucket: 'bucket', prefix: '' });
    expect(parseS3Location('S3://my-bucket.oa/a/b/')).toEqual({ bucket: 'my-bucket.oa', prefix: 'a/b' });
    expect(isS3Location('/srv/s3')).toBe(false);
    expect(isS3Location('s3:x')).toBe(true);
  });

  it('refuses what is none, and shows no keys', () => {
    for (const text of [
      's3:',
      's3:bucket',
      's3://',
      's3:///x',
      's3://a',
      's3://buc ket',
      's3://bucket/../x',
      's3://bucket/a?b',
      's3://-x-/',
    ]) {
      expect(() => parseS3Location(text), text).toThrow(
        expect.objectContaining({ code: 's3-location-invalid', exitCode: 2 }),
      );
    }
    expect(() => parseS3Location('s3://AKIA:secret@bucket/x')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    );
  });
});
