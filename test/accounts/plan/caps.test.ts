import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capRefused, checkCaps } from '../../../src/accounts/plan/caps.ts';
import { capsSchema } from '../../../src/accounts/schema/rules.ts';

const caps = capsSchema.parse({});
const of = (enabled: number, changed: number, over = {}) => ({
  directory: 'ldap',
  enabled,
  changed,
  others: 0,
  deleted: 0,
  ...over,
});

describe('caps', () => {
  it.each([
    [100, 10, 'ok'],
    [100, 11, 'second-person'],
    [100, 50, 'second-person'],
    [100, 51, 'refuse'],
    [5, 1, 'ok'],
    [5, 2, 'second-person'],
    [5, 3, 'refuse'],
    [1, 1, 'ok'],
    [0, 0, 'ok'],
    [100_000, 50, 'ok'],
    [100_000, 51, 'second-person'],
  ])('of %d accounts %d changes: %s', (enabled, changed, verdict) => {
    expect(checkCaps(caps, [of(enabled, changed)]).verdict).toBe(verdict);
  });

  it('of 0% let nothing pass', () => {
    expect(checkCaps({ ...caps, share: '0%' }, [of(100, 1)]).verdict).toBe('second-person');
    expect(checkCaps({ ...caps, refuse: '0%' }, [of(1, 1)]).verdict).toBe('refuse');
  });

  it('count all directories, all uses and deletions', () => {
    expect(checkCaps(caps, [of(1000, 26), of(1000, 25, { directory: 'ad' })])).toEqual({
      verdict: 'second-person',
      reasons: ['in all 51 accounts, more than 50'],
    });
    expect(checkCaps(caps, [of(1000, 0, { others: 51 })]).verdict).toBe('second-person');
    expect(checkCaps(caps, [of(100, 0, { deleted: 11 })])).toEqual({
      verdict: 'second-person',
      reasons: ['ldap: 11 of 100 accounts of persons, more than 10%'],
    });
    expect(checkCaps(caps, [of(100, 0, { deleted: 90 })]).verdict).toBe('second-person');
  });

  it('refuse with the figures, exit code 4', () => {
    const verdict = checkCaps(caps, [of(10, 9)]);
    expect(verdict).toEqual({ verdict: 'refuse', reasons: ['ldap: 9 of 10 accounts of persons, more than 50%'] });
    expect(capRefused(['ldap: 9 of 10 accounts of persons, more than 50%'])).toMatchObject({ exitCode: 4 });
  });

  it('are monotone: more changes never need less', () => {
    const order = ['ok', 'second-person', 'refuse'];
    const share = fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`);
    fc.assert(
      fc.property(
        fc.record({ share, count: fc.nat(100), refuse: share }),
        fc.record({ enabled: fc.nat(300), changed: fc.nat(300), others: fc.nat(60), deleted: fc.nat(60) }),
        fc.record({ changed: fc.nat(100), others: fc.nat(20), deleted: fc.nat(20) }),
        (limits, one, more) => {
          const level = (add: Partial<typeof more>) =>
            order.indexOf(
              checkCaps(limits, [
                {
                  directory: 'ldap',
                  enabled: one.enabled,
                  changed: one.changed + (add.changed ?? 0),
                  others: one.others + (add.others ?? 0),
                  deleted: one.deleted + (add.deleted ?? 0),
                },
              ]).verdict,
            );
          expect(level(more)).toBeGreaterThanOrEqual(level({}));
        },
      ),
    );
  });
});
