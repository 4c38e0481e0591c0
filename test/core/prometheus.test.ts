import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { metricsText } from '../../src/core/prometheus.ts';
import { which } from '../helpers/restore-script.ts';

/** A line of the exposition format, strictly: name, labels with escapes, value, and nothing else. */
const sampleLine =
  /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)*)\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

const unescaped = (text: string) => text.replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));

test('hostile names stay label values: what is read back is what was written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.double(), (leg, help, value) => {
      const text = metricsText([{ name: 'oaops_test', help, samples: [{ labels: { leg }, value }] }]);
      const lines = text.split('\n');
      expect(lines).toHaveLength(4);
      expect(lines[0]).toMatch(/^# HELP oaops_test /);
      expect(lines[1]).toBe('# TYPE oaops_test gauge');
      const [, name, labels] = sampleLine.exec(lines[2]!)!;
      expect(name).toBe('oaops_test');
      expect(unescaped(/^leg="(.*)"$/s.exec(labels!)![1]!)).toBe(leg);
    }),
    { verbose: true },
  );
});

test('a family without samples is left out', () => {
  expect(metricsText([{ name: 'oaops_none', help: 'Nothing.', samples: [] }])).toBe('');
});

test.skipIf(which('promtool') === undefined)('promtool reads the worst names', () => {
  const labels = { leg: 's3://b/"x"\\ \n{a="b"} 1', runbook: '备份' };
  const text = metricsText([
    { name: 'oaops_test_seconds', help: 'Back\\slash\nand line.', samples: [{ labels, value: 1.5 }] },
  ]);
  expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
});
