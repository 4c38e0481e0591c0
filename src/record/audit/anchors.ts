import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { checkSshSignature, signWithSshKey } from '../../core/ssh-signature.ts';
import type { AuditAnchor, AuditLog } from '../types.ts';

/** The text that is signed. One line, so that a person can compare it with what syslog holds. */
export function anchorText(anchor: AuditAnchor): string {
  return `oaops-anchor ${anchor.record ?? '-'} ${anchor.seq} ${anchor.hash} ${anchor.at}`;
}

/** The present head as an anchor, signed when there is a key. Keep it where who can write the record cannot. */
export async function takeAnchor(audit: AuditLog, keyFile?: string): Promise<AuditAnchor> {
  const anchor = await audit.anchor();
  return keyFile === undefined
    ? anchor
    : { ...anchor, signature: await signWithSshKey(keyFile, 'oaops-anchor', anchorText(anchor)) };
}

/** Adds the anchor as one line of JSON and waits for the disk. Earlier lines stay: each says something of its own. */
export function appendAnchor(path: string, anchor: AuditAnchor): void {
  try {
    const fd = openSync(path, 'a', 0o600);
    try {
      writeSync(fd, `${JSON.stringify(anchor)}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new OaopsError('anchor-not-written', `the anchor could not be written to ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** `anchorText` somewhere in a line of a log. */
const loggedAnchor =
  /\boaops-anchor (?<record>[0-9a-f]+) (?<seq>\d{1,15}) (?<hash>[0-9a-f]{64}) (?<at>\d{4}-\d\d-\d\dT[\d:.]+Z)/;

/**
 * One line: JSON, or a line of syslog with the text of an anchor in it.
 * @throws OaopsError `anchors-invalid` (exit 2); `place` names file and line
 */
export function parseAnchor(text: string, place: string): AuditAnchor {
  const logged = loggedAnchor.exec(text)?.groups;
  if (logged)
    return { seq: Number(logged['seq']), hash: logged['hash']!, at: logged['at']!, record: logged['record']! };
  try {
    const value = JSON.parse(text) as Partial<AuditAnchor> | null;
    const { seq, hash, at, record, signature } = value ?? {};
    const valid =
      Number.isSafeInteger(seq) &&
      /^[0-9a-f]{64}$/.test(String(hash)) &&
      typeof at === 'string' &&
      ['string', 'undefined'].includes(typeof record) &&
      ['string', 'undefined'].includes(typeof signature);
    if (valid) {
      return {
        seq: Number(seq),
        hash: String(hash),
        at,
        ...(record === undefined ? {} : { record }),
        ...(signature === undefined ? {} : { signature }),
      };
    }
  } catch {
    // Said below.
  }
  throw usageError('anchors-invalid', `${place} is not an anchor`, {
    next: 'Anchors are made with "oaops audit anchor --out FILE", and by every backup on its legs.',
  });
}

/**
 * Makes sure that each anchor was signed by one of the allowed signers.
 * @throws OaopsError `anchor-signature-invalid` (exit 9)
 */
export async function requireSignedAnchors(anchors: AuditAnchor[], allowedSigners: string): Promise<void> {
  for (const anchor of anchors) {
    const check =
      anchor.signature === undefined
        ? { state: 'invalid' as const, reason: 'it is not signed' }
        : await checkSshSignature({
            namespace: 'oaops-anchor',
            data: anchorText(anchor),
            signature: anchor.signature,
            allowedSigners,
            atMs: Date.parse(anchor.at),
          });
    if (check.state !== 'verified') {
      throw new OaopsError(
        'anchor-signature-invalid',
        `the anchor of row ${anchor.seq} (${anchor.at}) does not count: ${check.state === 'invalid' ? check.reason : 'its signer is unknown'}`,
        {
          exitCode: 9,
          next: 'Get the anchor from where it was kept, or find out who changed it.',
        },
      );
    }
  }
}
