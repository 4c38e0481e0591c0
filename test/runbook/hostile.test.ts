import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatText } from '../../src/runbook/formats/text.ts';
import { readHeader } from '../../src/runbook/header.ts';
import { checkFile, checkText } from '../../src/runbook/load.ts';
import { readStreamCapped } from '../../src/runbook/read-capped.ts';
import { defaultLimits } from '../../src/runbook/yaml/text.ts';
import { catalogue } from './helpers/catalogue.ts';

const valid = `apiVersion: oaops/v1
kind: Procedure
metadata: {name: restart-oa, version: 1.0.0, title: {en: Restart, zh-CN: 重启}, owner: platform}
spec:
  inputs:
    reason: {type: string, required: true}
  steps:
    - id: ask
      uses: manual.confirm
      with:
        message: \${{ "Restart now? " + inputs.reason }}
    - id: restart
      uses: exec
      with:
        argv: [systemctl, restart, oa]
`;

const check = (text: string) => checkText(text, 'r.yaml', { catalogue });

function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-hostile-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

describe('runbooks that were made to do harm', () => {
  it('a pipe, a device and a circle of links are findings, and nothing is waited for', () => {
    const folder = temporaryFolder();
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
    symlinkSync('circle.yaml', join(folder, 'circle.yaml'));
    const told = (file: string) => checkFile(file, { catalogue }).findings.map(({ rule, message }) => [rule, message]);
    expect(told(join(folder, 'pipe.yaml'))).toEqual([['file-unreadable', 'this is a named pipe, not a file']]);
    expect(told('/dev/zero')).toEqual([['file-unreadable', 'this is a device, not a file']]);
    expect(told(join(folder, 'circle.yaml'))).toEqual([['file-unreadable', 'its symbolic links lead in a circle']]);
  });

  it('a stream that never ends is read up to the cap', async () => {
    async function* endless() {
      while (true) yield Buffer.alloc(1000, 'a');
    }
    const bytes = await readStreamCapped(endless(), 10_000);
    expect(bytes.length).toBe(11_000);
    const limits = { ...defaultLimits, maxSizeBytes: 10_000 };
    expect(checkText(bytes, 'x', { catalogue, limits }).findings).toMatchObject([{ rule: 'file-too-large' }]);
  });

  /** Files within the caps that would take minutes, or more stack than there is, when each part looks at all the others. */
  const hostile = {
    'unknown keys': `${valid}${Array.from({ length: 20_000 }, (_, i) => `unknown${i}: 1\n`).join('')}`,
    'wrong values': valid.replace('argv: [', `argv: [${'1, '.repeat(48_000)}`),
    'unknown steps': `${valid}      needs: [${'zz, '.repeat(45_000)}zz]\n`,
    'unused inputs': valid.replace(
      'inputs:\n',
      `inputs:\n${Array.from({ length: 8000 }, (_, i) => `    in${i}: {type: string}\n`).join('')}`,
    ),
    expressions: valid.replace('argv: [', `argv: [${"'${{ inputs.nobody }}', ".repeat(20_000)}`),
  };

  it.each(Object.entries(hostile))('%s without end: a thousand are told, soon', (_name, text) => {
    const { findings } = check(text);
    expect(findings).toHaveLength(1001);
    expect(findings.at(-1)).toMatchObject({ rule: 'findings-capped', severity: 'error' });
  });

  it('a list of more steps than the cap is one finding', () => {
    const step = (i: number) => `    - {id: s${i}, uses: nothing, needs: [t${i}]}\n`;
    const text = valid.replace(
      /steps:\n[\s\S]*/,
      `steps:\n${Array.from({ length: 1001 }, (_, i) => step(i)).join('')}`,
    );
    expect(check(text).findings.map(({ rule, message }) => [rule, message])).toEqual([
      ['value-invalid', '"steps" must have at most 1000 items'],
    ]);
  });

  it('a pattern that never ends is stopped', () => {
    const input = `slow: {type: string, default: ${'a'.repeat(60)}!, pattern: (a+)+}`;
    const text = valid.replace('inputs:\n', `inputs:\n    ${input}\n`);
    expect(check(text).findings.filter(({ severity }) => severity === 'error')).toMatchObject([
      { rule: 'input-default', message: 'the default cannot be compared with (a+)+ within 1000 ms' },
    ]);
  });

  it('what a file brings into a finding cannot end its line or move the cursor', () => {
    const text = valid.replace('id: restart', 'id: "x\\e[31m\\n::error ::\\u202eowned"');
    const { findings } = check(text);
    expect(findings).toMatchObject([
      { rule: 'value-invalid', message: expect.stringContaining('"x\\u001b[31m\\n::error ::\\u202eowned"') },
      { rule: 'file-control-character', message: 'a text holds the control character U+001B' },
    ]);
    const report = {
      files: ['r\n.yaml'],
      skipped: [],
      findings: findings.map((one) => ({ ...one, file: 'r\n.yaml' })),
    };
    const lines = formatText(report, { color: false, toolVersion: '1.0.0', cwd: '/' }).split('\n');
    expect(lines.filter((line) => /^(r\\n\.yaml:| {2}|2 errors)/.test(line))).toHaveLength(lines.length - 1);
  });

  it.each([
    ['UTF-16 without a mark', Buffer.from(valid, 'utf16le'), 'the file is UTF-16, not UTF-8'],
    [
      'line ends of old',
      Buffer.from(valid.replaceAll('\n', '\r')),
      'the file holds a carriage return that ends no line',
    ],
  ])('%s is told in one finding', (_name, bytes, message) => {
    expect(checkText(bytes, 'r.yaml', { catalogue }).findings.map((finding) => finding.message)).toEqual([message]);
  });

  it('a header with syntax errors or levels without end does not hold up a list', () => {
    expect(readHeader('? '.repeat(100_000))).toEqual({});
    expect(readHeader(`${'a: @a\n'.repeat(40_000)}`)).toEqual({});
  });
});
