import type { SearchEntry } from 'ldapts';
import { OaopsError } from '../../core/errors.ts';
import type { DirectoryEntry } from '../../rollout/ports.ts';

/** An attribute of which Active Directory sent only the first values. */
export interface Rest {
  attribute: string;
  /** Index of the next value, from 0. */
  from: number;
}

/**
 * Values of the wanted attributes under the names that were asked for, whatever their case; and what is still to be read of them, which
 * `member;range=0-1499` tells ([MS-ADTS] section 3.1.1.3.1.3.3).
 * @throws OaopsError `directory-value` for a value that is no text
 */
export function readEntry(entry: SearchEntry, wanted: readonly string[]): { entry: DirectoryEntry; rests: Rest[] } {
  const attributes: Record<string, string[]> = Object.fromEntries(wanted.map((name) => [name, []]));
  const rests: Rest[] = [];
  for (const { type, values } of entry.attributes) {
    const [, name, last] = /^([^;]+)(?:;range=\d+-(\d+|\*))?$/i.exec(type) ?? [];
    for (const attribute of wanted.filter((each) => each.toLowerCase() === name?.toLowerCase())) {
      attributes[attribute]!.push(...values.map((value) => textOf(value, attribute, entry.name)));
      if (last !== undefined && last !== '*') rests.push({ attribute, from: Number(last) + 1 });
    }
  }
  return { entry: { dn: entry.name, attributes }, rests };
}

function textOf(value: unknown, attribute: string, dn: string): string {
  if (typeof value === 'string') return value;
  throw new OaopsError('directory-value', `${attribute} of ${dn} is not text`, {
    exitCode: 2,
    next: 'Choose another attribute.',
  });
}
