import { usageError } from '../../core/errors.ts';

export interface S3Location {
  bucket: string;
  /** Without slashes at the ends; empty for the bucket's root. */
  prefix: string;
}

export function isS3Location(text: string): boolean {
  return /^s3:/i.test(text);
}

/**
 * `s3://bucket` or `s3://bucket/some/prefix`.
 * @throws OaopsError `s3-location-invalid` (exit 2)
 */
export function parseS3Location(text: string): S3Location {
  const match = /^s3:\/\/([^/]*)(?:\/(.*))?$/i.exec(text);
  const next =
    'Write s3://BUCKET/PREFIX; the endpoint comes from AWS_ENDPOINT_URL_S3, the keys from AWS_ACCESS_KEY_ID or a profile.';
  if (!match) throw usageError('s3-location-invalid', `"${withoutSecrets(text)}" is not an S3 location`, { next });
  const bucket = match[1]!;
  if (bucket.includes('@')) throw usageError('s3-location-invalid', 'an S3 location holds no keys', { next });
  // Letters and underscores beyond Amazon's rules (Amazon S3 User Guide, "Bucket naming rules") are common elsewhere.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(bucket)) {
    throw usageError('s3-location-invalid', `"${bucket}" is not the name of a bucket`, { next });
  }
  const prefix = (match[2] ?? '').replace(/^\/+|\/+$/g, '');
  if (/[?#\x00-\x1f\x7f]/.test(prefix) || prefix.split('/').some((part) => part === '.' || part === '..')) {
    throw usageError('s3-location-invalid', `"${prefix}" is not a prefix for objects`, { next });
  }
  return { bucket, prefix };
}

function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//***@').slice(0, 200);
}
