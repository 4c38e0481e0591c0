import { Decrypter, Encrypter, type Stanza } from 'age-encryption';
import { OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { damaged } from '../format/damaged.ts';
import { nonceBytes, payloadKey } from './age-stream.ts';

/**
 * Header of a new age file for these recipients, and its file key. The library makes key, stanzas and MAC; a recipient of
 * our own, which adds no stanza, learns the key.
 */
export async function newAgeHeader(recipients: readonly string[]): Promise<{ header: Buffer; fileKey: Uint8Array }> {
  let fileKey: Uint8Array | undefined;
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  encrypter.addRecipient({
    wrapFileKey: (key): Stanza[] => {
      fileKey = Uint8Array.from(key);
      return [];
    },
  });
  const start = await firstBytes(await encrypter.encrypt(new ReadableStream()));
  const headerBytes = ageHeaderLength(start);
  if (fileKey === undefined || headerBytes === undefined) throw new Error('the age library made no header');
  return { header: start.subarray(0, headerBytes), fileKey };
}

/**
 * What the library makes before it has seen content: it puts the header in front. Given bytes instead of a stream it would
 * collect its output with fetch's `Response`, and to load that costs a tenth of the start of a backup.
 */
async function firstBytes(encrypted: ReadableStream<Uint8Array>): Promise<Buffer> {
  const reader = encrypted.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return Buffer.from(value ?? []);
}

/** Length of the header at the beginning of an age file; undefined when `bytes` does not hold all of it. */
export function ageHeaderLength(bytes: Uint8Array): number | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!view.subarray(0, 22).equals(Buffer.from('age-encryption.org/v1\n')))
    throw damaged('an object is not an age file');
  const mac = view.indexOf('\n--- ');
  if (mac < 0) return undefined;
  const end = view.indexOf('\n', mac + 1);
  return end < 0 ? undefined : end + 1;
}

/** Private keys, ready to open age headers. Keep it short-lived; it is never stored or printed. */
export class Identities {
  readonly #decrypter = new Decrypter();

  /** `keys` are lines `AGE-SECRET-KEY-1...`. */
  constructor(keys: readonly string[]) {
    for (const key of keys) {
      try {
        this.#decrypter.addIdentity(key);
      } catch {
        throw usageError('identity-invalid', 'the identity file holds a line that is no age key', {
          next: 'Give a file made by "age-keygen" or "oaops backup key generate".',
        });
      }
    }
  }

  /**
   * Key of the payload of an age file whose first bytes are `start` (header and nonce, more may follow).
   * Throws `wrong-key` (exit 12) or `repository-damaged`.
   */
  async payloadKey(start: Uint8Array): Promise<{ key: Buffer; headerBytes: number }> {
    const headerBytes = ageHeaderLength(start);
    if (headerBytes === undefined || start.length < headerBytes + nonceBytes) throw damaged('an age header is cut');
    let fileKey: Uint8Array;
    try {
      fileKey = await this.#decrypter.decryptHeader(start.subarray(0, headerBytes));
    } catch (error) {
      if (error instanceof Error && error.message.includes('no identity matched')) throw wrongKey();
      throw damaged('an age header is not valid');
    }
    return { key: payloadKey(fileKey, start.subarray(headerBytes, headerBytes + nonceBytes)), headerBytes };
  }
}

export function wrongKey(): OaopsError {
  return new OaopsError('wrong-key', 'none of the identities given can decrypt this repository', {
    exitCode: ExitCode.wrongKey,
    next: 'Give the identity that belongs to one of the recipients: "oaops backup key list" names them.',
  });
}

/** What to say when encrypted data must be read and no identity was given. */
export function identityMissing(): OaopsError {
  return new OaopsError('identity-missing', 'the repository is encrypted and no identity was given', {
    exitCode: ExitCode.wrongKey,
    next: 'Give the private key with --identity FILE or OAOPS_IDENTITY_FILE.',
  });
}
