import { expect, test } from 'vitest';
import type { ShownCertificate } from '../../../src/inspect/ports.ts';
import { judgeDays } from '../../../src/inspect/web/certificate-days.ts';

const dayMs = 86_400_000;
const nowMs = Date.parse('2026-01-01T00:00:00Z');
const shown = (days: number, above: [string, number][] = [], fromDays = -1): ShownCertificate => ({
  subject: 'CN=oa',
  issuer: 'CN=ca',
  names: [],
  validFromMs: nowMs + fromDays * dayMs,
  validToMs: nowMs + days * dayMs,
  sha256: '',
  trustProblem: null,
  nameProblem: null,
  above: above.map(([subject, left]) => ({ subject, validToMs: nowMs + left * dayMs })),
  protocol: 'TLSv1.3',
});
const limits = { warn: '30:', fail: '7:' };

test.each([
  [shown(31), 'pass', 'CN=oa is valid for 31 more days'],
  [shown(29.99), 'warn', 'CN=oa is valid for 29.9 more days'],
  [shown(6), 'fail', 'CN=oa is valid for 6 more days'],
  [shown(-0.01), 'fail', 'CN=oa expired 0.1 days ago'],
  [shown(90, [], 1), 'fail', 'CN=oa is not valid before 2026-01-02T00:00:00.000Z'],
  [shown(90, [['CN=ca', 20]]), 'warn', 'CN=ca above it is valid for 20 more days; CN=oa is valid for 90 more days'],
  [
    shown(90, [
      ['CN=old', -400],
      ['CN=ca', 900],
    ]),
    'pass',
    'CN=oa is valid for 90 more days',
  ],
])('%#: %s', (certificate, state, message) => {
  expect(judgeDays(certificate, limits, nowMs)).toMatchObject({ state, message });
});
