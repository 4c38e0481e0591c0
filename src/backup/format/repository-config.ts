import { OaopsError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { damaged } from './damaged.ts';

export const formatVersion = 1;
export const frameBytes = 1024 * 1024;
export const segmentBytes = 1024 * 1024;
/** Files larger than this are cut into segments. */
export const segmentThresholdBytes = 8 * 1024 * 1024;

/** The object `config`: written once by `init`, equal on all legs. */
export interface RepositoryConfig {
  format: 'oaops-backup';
  formatVersion: 1;
  /** 32 hex digits. */
  repositoryId: string;
  createdAt: string;
  encryption: 'age' | 'none';
  frameBytes: number;
  segmentBytes: number;
  segmentThresholdBytes: number;
}

/** An object `keys/<n>`: who can read what is written while it is the newest one. */
export interface RepositoryKeys {
  recipients: string[];
  createdAt: string;
}

export function newRepositoryConfig(
  repositoryId: string,
  createdAt: string,
  encryption: 'age' | 'none',
): RepositoryConfig {
  return {
    format: 'oaops-backup',
    formatVersion,
    repositoryId,
    createdAt,
    encryption,
    frameBytes,
    segmentBytes,
    segmentThresholdBytes,
  };
}

export function formatRepositoryConfig(config: RepositoryConfig): string {
  return `${JSON.stringify(config)}\n`;
}

/** With a checksum: recipients have one of their own, the time has none. */
export function formatRepositoryKeys(keys: RepositoryKeys): string {
  return `${JSON.stringify({ ...keys, sha256: keysSha256(keys) })}\n`;
}

function keysSha256({ recipients, createdAt }: RepositoryKeys): string {
  return sha256Hex(JSON.stringify({ recipients, createdAt }));
}

/** Throws `repository-damaged` or `format-unknown`. */
export function parseRepositoryConfig(text: string): RepositoryConfig {
  const value = parseJson(text, 'config');
  if (value['format'] !== 'oaops-backup') throw damaged('config is not that of an oaops repository');
  if (value['formatVersion'] !== formatVersion)
    throw new OaopsError(
      'format-unknown',
      `the repository has format version ${String(value['formatVersion'])}, this program reads version ${formatVersion}`,
      { next: 'Use a newer version of oaops.' },
    );
  const { repositoryId, createdAt, encryption } = value;
  if (typeof repositoryId !== 'string' || !/^[0-9a-f]{32}$/.test(repositoryId))
    throw damaged('config has no repository id');
  if (encryption !== 'age' && encryption !== 'none') throw damaged('config has an unknown kind of encryption');
  if (typeof createdAt !== 'string') throw damaged('config has no creation time');
  const config = newRepositoryConfig(repositoryId, createdAt, encryption);
  for (const key of ['frameBytes', 'segmentBytes', 'segmentThresholdBytes'] as const)
    if (value[key] !== config[key]) throw damaged(`config has an unknown ${key}`);
  return config;
}

export function parseRepositoryKeys(text: string): RepositoryKeys {
  const { recipients, createdAt, sha256, ...more } = parseJson(text, 'keys');
  if (!Array.isArray(recipients) || !recipients.every((r) => typeof r === 'string') || typeof createdAt !== 'string')
    throw damaged('a keys object has no recipients');
  // Older ones have no checksum; a name with a flipped bit is not one of those that it could have.
  const isRight = sha256 === undefined || sha256 === keysSha256({ recipients, createdAt });
  if (!isRight || Object.keys(more).length > 0) throw damaged('a keys object has other content');
  return { recipients, createdAt };
}

function parseJson(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(`${what} is not JSON`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw damaged(`${what} is not a JSON object`);
  return value as Record<string, unknown>;
}
