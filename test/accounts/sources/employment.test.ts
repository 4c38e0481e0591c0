import { expect, test } from 'vitest';
import { type EmploymentFacts, employmentOn } from '../../../src/accounts/sources/employment.ts';

const today = '2026-11-30';
const [before, after] = ['2026-11-29', '2026-12-01'];

test.each<[string, EmploymentFacts, string]>([
  ['nothing is said', {}, 'active'],
  ['the last day is today', { endsOn: today }, 'active'],
  ['the last day is over', { endsOn: before }, 'left'],
  ['the first day is today', { startsOn: today }, 'active'],
  ['the first day is to come', { startsOn: after }, 'future'],
  ['left', { says: 'left' }, 'left'],
  ['left, and the last day is over', { says: 'left', endsOn: before }, 'left'],
  ['left, and works until today', { says: 'left', endsOn: today }, 'active'],
  ['left, and works for a while', { says: 'left', endsOn: after }, 'active'],
  ['left, and neither came nor went', { says: 'left', startsOn: after, endsOn: '2027-01-01' }, 'future'],
  ['left, and comes', { says: 'left', startsOn: after }, 'unclear'],
  ['employed', { says: 'active' }, 'active'],
  ['employed, and leaves', { says: 'active', endsOn: after }, 'active'],
  ['employed, and the last day is over', { says: 'active', endsOn: before }, 'unclear'],
  ['employed, and comes', { says: 'active', startsOn: after }, 'future'],
  ['blank', { says: 'blank' }, 'unclear'],
  ['blank, and the last day is over', { says: 'blank', endsOn: before }, 'unclear'],
  ['came back: the last day is before the first', { endsOn: '2024-01-31', startsOn: '2025-03-01' }, 'unclear'],
])('%s', (_, facts, employment) => {
  expect(employmentOn(today, facts)).toMatchObject({ employment });
});

test('whoever is unclear has a reason, nobody else', () => {
  for (const says of ['active', 'left', 'blank', undefined] as const) {
    for (const startsOn of [before, today, after, undefined]) {
      for (const endsOn of [before, today, after, undefined]) {
        const { employment, why } = employmentOn(today, {
          ...(says && { says }),
          ...(startsOn && { startsOn }),
          ...(endsOn && { endsOn }),
        });
        expect(why !== undefined).toBe(employment === 'unclear');
        // No fact says so: never on the word of one against another.
        if (employment === 'left') expect(endsOn !== undefined ? endsOn < today : says === 'left').toBe(true);
      }
    }
  }
});
