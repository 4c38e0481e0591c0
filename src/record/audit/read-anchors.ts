import { readFileSync } from 'node:fs';
import { errnoOf, messageOf, usageError } from '../../core/errors.ts';
import { readBundledAnchor } from '../evidence/verify.ts';
import type { AuditAnchor } from '../types.ts';
import { parseAnchor } from './anchors.ts';

/**
 * Anchors of a file made by `appendAnchor`, or the one inside an evidence bundle.
 * @throws OaopsError `anchors-unreadable`, `anchors-invalid` (exit 2): an anchor that cannot be read must not count as none
 */
export async function readAnchors(path: string): Promise<AuditAnchor[]> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw usageError(
      'anchors-unreadable',
      errnoOf(error) === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read: ${messageOf(error)}`,
    );
  }
  if (bytes.subarray(257, 262).toString('latin1') === 'ustar') {
    return [await readBundledAnchor(path)];
  }
  const lines = bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  if (lines.length === 0) throw usageError('anchors-invalid', `${path} holds no anchor`);
  return lines.map((line, index) => parseAnchor(line, `${path}:${index + 1}`));
}
