import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkText } from '../../src/runbook/load.ts';
import { rules } from '../../src/runbook/rules.ts';
import type { Finding } from '../../src/runbook/types.ts';
import { catalogue } from './helpers/catalogue.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
/** Each fixture ends with the findings that it must give, one comment line each: `#= line:col-line:col severity rule message | next`. */
const mark = '#= ';

function told({ line, col, endLine, endCol, severity, rule, message, next }: Finding): string {
  return `${line}:${col}-${endLine ?? line}:${endCol ?? col} ${severity} ${rule} ${message}${next === undefined ? '' : ` | ${next}`}`;
}

describe('rules', () => {
  const names = readdirSync(fixtures);

  it.each(names)('%s gives exactly its findings', (name) => {
    const file = join(fixtures, name);
    const lines = readFileSync(file, 'utf8').split('\n');
    const text = `${lines
      .filter((line) => !line.startsWith(mark))
      .join('\n')
      .trimEnd()}\n`;
    const found = checkText(text, name, { catalogue }).findings.map(told);
    // To take over a change after reading it: UPDATE_FIXTURES=1 npx vitest run test/runbook/rules.test.ts
    if (process.env['UPDATE_FIXTURES'])
      writeFileSync(file, `${text}${found.map((line) => `${mark}${line}\n`).join('')}`);
    else expect(found).toEqual(lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length)));
  });

  it('has a fixture or a test of its own for every rule', () => {
    const inFixtures = names.flatMap((name) =>
      [...readFileSync(join(fixtures, name), 'utf8').matchAll(/^#= \S+ \S+ (\S+)/gm)].map((match) => match[1]),
    );
    // What cannot lie in a text file, or needs more than one file.
    const elsewhere =
      readFileSync(join(import.meta.dirname, 'load.test.ts'), 'utf8') +
      readFileSync(join(import.meta.dirname, 'hostile.test.ts'), 'utf8') +
      readFileSync(join(import.meta.dirname, 'validate.test.ts'), 'utf8') +
      readFileSync(join(import.meta.dirname, '../inspect/inspection-kind.test.ts'), 'utf8') +
      readFileSync(join(import.meta.dirname, '../accounts/account-kind.test.ts'), 'utf8');
    const untested = Object.keys(rules).filter(
      (rule) => !inFixtures.includes(rule) && !new RegExp(`['\` ]${rule}['\` ]`).test(elsewhere),
    );
    expect(untested).toEqual([]);
  });
});
