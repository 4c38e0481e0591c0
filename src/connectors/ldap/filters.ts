import { isUtf8 } from 'node:buffer';
import { type Filter, FilterParser } from 'ldapts';
import { messageOf, usageError } from '../../core/errors.ts';

/** @throws OaopsError `directory-filter` (exit 2) */
export function filterOf(text: string): Filter {
  try {
    return FilterParser.parseString(withPlainText(text));
  } catch (error) {
    throw usageError('directory-filter', `the filter is not as RFC 4515 writes it: ${messageOf(error)}`, {
      next: 'Correct "filter", such as (&(objectClass=person)(department=IT)).',
    });
  }
}

/**
 * The library takes each escaped byte for a character, so that `\e7\8e\8b` would not be 王 and find nobody: such bytes are written as the
 * characters that they are, which RFC 4515 allows.
 */
function withPlainText(filter: string): string {
  return filter.replace(/(?:\\[89a-f][0-9a-f])+/gi, (escaped) => {
    const bytes = Buffer.from(escaped.replaceAll('\\', ''), 'hex');
    if (isUtf8(bytes)) return bytes.toString('utf8');
    throw new Error(`${escaped} is not UTF-8`);
  });
}
