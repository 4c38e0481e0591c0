import { readFileSync } from 'node:fs';
import { messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { Identities } from './age-header.ts';

const bech32Recipient = /^age1[02-9ac-hj-np-z]{58}$/;

/** Checks an X25519 recipient with its checksum. Throws `recipient-invalid` (exit 2). */
export async function checkRecipient(recipient: string): Promise<string> {
  const { Encrypter } = await import('age-encryption');
  try {
    if (!bech32Recipient.test(recipient)) throw new Error('wrong form');
    new Encrypter().addRecipient(recipient);
  } catch {
    throw usageError('recipient-invalid', whyNoRecipient(recipient), {
      next: 'A recipient is a public key, "age1" and 58 characters, as "age-keygen -y" prints it.',
    });
  }
  return recipient;
}

function whyNoRecipient(recipient: string): string {
  if (recipient.toUpperCase().startsWith('AGE-SECRET-KEY')) return 'a private key was given as a recipient';
  if (bech32Recipient.test(recipient)) return `"${recipient}" is mistyped: its checksum does not fit`;
  if (bech32Recipient.test(recipient.toLowerCase()))
    return `"${recipient}" is no age recipient: it is in small letters only`;
  return `"${recipient}" is no age recipient`;
}

/** Recipients of a file: one a line, empty lines and lines that begin with # are skipped, as age(1) reads them. */
export function readRecipientsFile(path: string): string[] {
  return keyLines(readKeyFile(path, 'recipients file'));
}

/** Private keys of a file as age-keygen(1) writes it. */
export function readIdentityFile(path: string): Identities {
  return new Identities(readIdentityKeys(path));
}

export function readIdentityKeys(path: string): string[] {
  const keys = keyLines(readKeyFile(path, 'identity file'));
  if (keys.length === 0)
    throw usageError('identity-invalid', `the identity file ${path} holds no key`, {
      next: 'Give a file made by "age-keygen" or "oaops backup key generate".',
    });
  for (const key of keys) {
    refuseOtherKeys(path, key);
    refuseMistyped(path, key);
  }
  return keys;
}

/** The key itself is never shown. */
function refuseMistyped(path: string, key: string): void {
  if (/^age-secret-key-1/.test(key) || (/^AGE-SECRET-KEY-1/.test(key) && key !== key.toUpperCase()))
    throw usageError('identity-invalid', `the identity file ${path} holds a private key in small letters`, {
      next: 'Write it in capital letters, as "age-keygen" printed it: AGE-SECRET-KEY-1...',
    });
  if (!key.startsWith('AGE-SECRET-KEY-1')) return;
  try {
    new Identities([key]);
  } catch (error) {
    throw usageError(
      'identity-invalid',
      `the identity file ${path} holds a mistyped private key: its checksum does not fit`,
      {
        next: 'Compare it with the original, character by character.',
        cause: error,
      },
    );
  }
}

/** Keys that age(1) reads as well, and this program does not: named, because "no age key" would be untrue. */
function refuseOtherKeys(path: string, key: string): void {
  if (/^age-encryption\.org\/|^-----BEGIN AGE ENCRYPTED FILE-----$/.test(key))
    throw usageError('identity-invalid', `the identity file ${path} is itself encrypted`, {
      next: 'Decrypt it first, into memory: "age -d -o /dev/shm/key.txt FILE"; give that file, and remove it afterwards.',
    });
  if (/^-----BEGIN .*PRIVATE KEY-----$|^(?:ssh|ecdsa|sk)-/.test(key))
    throw usageError('identity-invalid', `the identity file ${path} holds an SSH key`, {
      next: 'Give the age key of one of the recipients, a line AGE-SECRET-KEY-1...: SSH keys are not used for backups.',
    });
  if (/^age1/.test(key))
    throw usageError('identity-invalid', `the identity file ${path} holds a public key`, {
      next: 'Give the private key that belongs to it, a line AGE-SECRET-KEY-1...',
    });
  if (/^AGE-PLUGIN-/.test(key))
    throw usageError('identity-invalid', `the identity file ${path} holds a key of an age plugin`, {
      next: 'Give the age key of one of the recipients, a line AGE-SECRET-KEY-1...: plugins are not used for backups.',
    });
}

function keyLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function readKeyFile(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new OaopsError('key-file-unreadable', `the ${what} ${path} cannot be read: ${messageOf(error)}`, {
      exitCode: 2,
      next: 'Check the path and who may read it.',
      cause: error,
    });
  }
}
