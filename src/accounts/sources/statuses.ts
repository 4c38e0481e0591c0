import { usageError } from '../../core/errors.ts';
import type { SourceSpec } from '../schema/sources.ts';
import { disbelief, type Place } from './disbelief.ts';

type Meaning = 'active' | 'left';

/** What values of the status column mean; values that nobody has explained are remembered with their first place. */
export interface Statuses {
  meaningOf(value: string, place: Place): Meaning;
  /** @throws OaopsError `source-status-unknown` (exit 4) */
  refuseUnknown(source: string): void;
}

const mostValues = 20;
const plain = (value: string) => value.normalize('NFKC').trim().toLowerCase();

/** @throws OaopsError `source-statuses` (exit 2) when a value is in both lists */
export function statusesOf(spec: SourceSpec): Statuses {
  const meanings = new Map<string, Meaning>(spec.active.map((value) => [plain(value), 'active']));
  for (const value of spec.left) {
    if (meanings.get(plain(value)) === 'active') {
      throw usageError(
        'source-statuses',
        `the status "${value}" of the source "${spec.id}" is in "active" and in "left"`,
        {
          next: 'Take it out of one of them.',
        },
      );
    }
    meanings.set(plain(value), 'left');
  }
  const unknown = new Map<string, Place & { value: string }>();
  return {
    meaningOf(value, place) {
      const meaning = meanings.get(value) ?? meanings.get(plain(value));
      if (meaning) return meaning;
      if (!unknown.has(plain(value)) && unknown.size < mostValues) unknown.set(plain(value), { ...place, value });
      // Refused at the end, with all values that are not known.
      return 'active';
    },
    refuseUnknown(source) {
      const [first, ...others] = unknown.values();
      if (!first) return;
      const more = others.map(({ value, where }) => `"${value.slice(0, 40)}" (${where})`);
      throw disbelief(
        'source-status-unknown',
        `the status "${first.value.slice(0, 40)}" is neither in "active" nor in "left" of the source "${source}" (${first.where})`,
        {
          next:
            more.length === 0
              ? 'Add it to "active" or to "left".'
              : `Add it to "active" or to "left", and these too: ${more.join(', ')}.`,
          ...(first.position && { position: first.position }),
          details: { values: [...unknown.values()].map(({ value, where }) => ({ value, where })) },
        },
      );
    },
  };
}
