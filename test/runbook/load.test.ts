import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { OaopsError } from '../../src/core/errors.ts';
import { checkFile, checkText, loadRunbook } from '../../src/runbook/load.ts';
import { procedureKind } from '../../src/runbook/procedure-kind.ts';
import { rules } from '../../src/runbook/rules.ts';
import type { KindDefinition } from '../../src/runbook/types.ts';
import { catalogue } from './helpers/catalogue.ts';

const valid = `apiVersion: oaops/v1
kind: Procedure
metadata:
  name: restart-oa
  version: 1.0.0
  title: {en: Restart the OA service, zh-CN: 重启 OA 服务}
  owner: platform
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
      timeout: 1h30m
      retry: {attempts: 3, delay: 5s}
`;

const check = (text: string | Uint8Array) => checkText(text, 'r.yaml', { catalogue });
const brief = (text: string | Uint8Array) =>
  check(text).findings.map(({ line, col, rule }) => `${line}:${col} ${rule}`);

function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-load-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

describe('a valid runbook', () => {
  it('is given in the one shape that everybody else works with', () => {
    const { runbook, findings } = check(valid);
    expect(findings).toEqual([]);
    expect(runbook?.metadata).toEqual({
      name: 'restart-oa',
      version: '1.0.0',
      title: { en: 'Restart the OA service', 'zh-CN': '重启 OA 服务' },
      owner: 'platform',
      procedures: [],
      labels: {},
    });
    expect(runbook?.inputs).toEqual({ reason: { type: 'string', required: true } });
    expect(runbook?.maxParallelSteps).toBe(4);
    expect(runbook?.source.text).toBe(valid);
    expect(runbook?.steps[1]).toEqual({
      id: 'restart',
      name: { en: 'restart' },
      uses: 'exec',
      with: { argv: ['systemctl', 'restart', 'oa'] },
      parallel: 1,
      outputs: {},
      timeoutMs: 5_400_000,
      retry: { attempts: 3, delayMs: 5000, backoff: 'exponential', maxDelayMs: 300_000 },
      onFailure: 'stop',
      idempotent: false,
    });
  });

  it('takes idempotent from the action unless the runbook says otherwise', () => {
    expect(check(valid).runbook?.steps[0]?.idempotent).toBe(true);
    const contrary = valid.replace('uses: manual.confirm', 'uses: manual.confirm\n      idempotent: false');
    expect(check(contrary).runbook?.steps[0]?.idempotent).toBe(false);
  });

  it('keeps YAML 1.2 scalars as text', () => {
    const words = ['no', 'on', 'off', 'yes', '09:30', '2026-01-31', '1_000', 'NO', 'y'];
    const { runbook } = check(valid.replace('[systemctl, restart, oa]', `[${words.join(', ')}]`));
    expect(runbook?.steps[1]?.with['argv']).toEqual(words);
  });
});

describe('bytes that are no runbook', () => {
  it.each([
    ['file-empty', '', '1:1'],
    ['file-empty', '# only a comment\n', '1:1'],
    ['file-bom', `\uFEFF${valid}`, '1:1'],
    ['file-control-character', valid.replace('platform', 'plat\u0000form'), '7:14'],
    ['file-encoding', Buffer.concat([Buffer.from('apiVersion: oaops/v1\nkind: '), Buffer.from([0xd6, 0xd0])]), '2:7'],
    ['file-encoding', Buffer.from(`\uFEFF${valid}`, 'utf16le'), '1:1'],
    ['yaml-depth', `a: ${'['.repeat(200_000)}`, '1:70'],
    ['yaml-depth', Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}k:`).join('\n'), '67:68'],
    ['yaml-too-many-nodes', `a:\n${Array.from({ length: 250_000 }, (_, i) => `  k${i}: 1`).join('\n')}`, '25001:9'],
  ])('%s', (rule, content, place) => {
    expect(brief(content)).toEqual([`${place} ${rule}`]);
  });

  it('a byte order mark is only a warning, and columns do not count it', () => {
    const { runbook, findings } = check(`\uFEFF${valid}`);
    expect(findings.map(({ severity }) => severity)).toEqual(['warning']);
    expect(runbook).toBeDefined();
    expect(brief(`\uFEFF${valid.replace('oaops/v1', 'oaops/v7')}`)).toEqual(['1:1 file-bom', '1:13 api-version']);
  });

  it('an alias bomb is refused at its first big alias, fast', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(brief(lines.join('\n'))).toEqual(['5:45 yaml-alias-bomb']);
  });

  it('a file of 50 MB is refused without being read', () => {
    const file = join(temporaryFolder(), 'big.yaml');
    writeFileSync(file, valid);
    truncateSync(file, 50_000_000);
    const before = process.memoryUsage().rss;
    const { findings } = checkFile(file, { catalogue });
    expect(findings).toMatchObject([
      { rule: 'file-too-large', line: 1, col: 1, message: 'the file has 47.7 MiB; a runbook may have 10.0 MiB' },
    ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(20_000_000);
  });

  it('a missing file and a folder are findings', () => {
    expect(checkFile(join(temporaryFolder(), 'none.yaml'), { catalogue }).findings).toMatchObject([
      { rule: 'file-unreadable', message: 'there is no such file' },
    ]);
    expect(checkFile(temporaryFolder(), { catalogue }).findings).toMatchObject([{ rule: 'file-unreadable' }]);
  });
});

describe('loadRunbook', () => {
  it('throws the first error with place, next step and all findings', () => {
    const text = valid.replace('uses: exec', 'uses: exce').replace('oaops/v1', 'oaops/v3');
    const error = (() => {
      try {
        loadRunbook('r.yaml', { catalogue, text });
      } catch (thrown) {
        return thrown as OaopsError;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(OaopsError);
    expect(error).toMatchObject({
      code: 'runbook-invalid',
      exitCode: 2,
      position: { file: 'r.yaml', line: 1, col: 13 },
    });
    expect(error?.message).toMatch(/\(and 1 more\)$/);
    expect(error?.details['findings']).toHaveLength(2);
  });

  it('loads with warnings', () => {
    expect(
      loadRunbook('r.yaml', { catalogue, text: valid.replace(/title: .*/, 'title: Restart') }).metadata.title,
    ).toEqual({ en: 'Restart' });
  });
});

describe('rules of a kind', () => {
  const kind: KindDefinition = {
    ...procedureKind,
    kind: 'Sample',
    specSchema: z.strictObject({ size: z.int(), name: z.string().optional() }),
    stepPaths: [],
    expand: ({ size }: { size: number }) => {
      if (size > 100) throw new Error('the size cannot be made into steps');
      return [{ ...check(valid).runbook!.steps[1]!, with: { argv: ['x'], ...(size === 7 ? { nonsense: 1 } : {}) } }];
    },
    rules: (spec, report) => {
      if ((spec as { size: number }).size === 5)
        report({ rule: 'sample-size', message: 'five is too small', path: ['spec', 'size'] });
    },
  };
  const sample = (spec: string) =>
    checkText(valid.replace(/kind: .*/, 'kind: Sample').replace(/spec:[\s\S]*/, `spec: ${spec}\n`), 's.yaml', {
      catalogue: { ...catalogue, kinds: [kind] },
    });
  const rulesOf = (spec: string) =>
    sample(spec).findings.map(({ line, col, rule, message }) => `${line}:${col} ${rule} ${message}`);

  it('report with their own id at the place they name', () => {
    expect(rulesOf('{size: 5}')).toEqual(['8:14 sample-size five is too small']);
    expect(sample('{size: 6}').runbook?.spec).toEqual({ size: 6 });
  });

  it('are not hidden by unknown keys', () => {
    expect(rulesOf('{size: 5, nmae: x}')).toEqual([
      '8:14 sample-size five is too small',
      '8:17 key-unknown unknown key "nmae" in "spec"',
    ]);
  });

  it('what `expand` refuses is the rule kind-rule', () => {
    expect(rulesOf('{size: 101}')).toEqual(['8:1 kind-rule the size cannot be made into steps']);
    expect(rules['kind-rule'].severity).toBe('error');
  });

  it('steps that the kind makes are checked against their actions', () => {
    expect(rulesOf('{size: 7}')).toEqual([
      '8:1 key-unknown step "restart" made by the kind: unknown key "nonsense" in "spec"',
    ]);
  });
});

describe('any text', () => {
  const within = (text: string | Uint8Array): void => {
    const { findings, runbook } = check(text);
    const lines = (typeof text === 'string' ? text : Buffer.from(text).toString('utf8')).split('\n');
    if (!runbook) expect(findings.some(({ severity }) => severity === 'error')).toBe(true);
    for (const finding of findings) {
      expect(finding.line).toBeGreaterThanOrEqual(1);
      expect(finding.line).toBeLessThanOrEqual(lines.length + 1);
      expect(finding.col).toBeGreaterThanOrEqual(1);
      expect(finding.col).toBeLessThanOrEqual((lines[finding.line - 1]?.length ?? 0) + 2);
      expect(finding.endLine ?? finding.line).toBeGreaterThanOrEqual(finding.line);
    }
  };

  it('never throws, and gives findings within the text or a runbook', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\t',
        ':',
        '- ',
        '{',
        '}',
        '[',
        ']',
        '"',
        "'",
        '&a ',
        '*a',
        '!x ',
        '|',
        '>',
        '#',
        '${{',
        '}}',
        '\n',
        '  ',
        '%',
        '? ',
        '---\n',
        'null',
        '~',
        '🦊',
        '\r\n',
        '.inf',
        '0x1',
      ),
      fc.string({ maxLength: 5 }),
    );
    const edit = fc.record({ at: fc.nat(valid.length), drop: fc.nat(12), put: piece });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        within(edits.reduce((text, { at, drop, put }) => text.slice(0, at) + put + text.slice(at + drop), valid));
      }),
      { numRuns: 400 },
    );
  });

  it('never throws on bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(valid.length), (bytes, at) => {
        check(Buffer.concat([Buffer.from(valid.slice(0, at)), bytes, Buffer.from(valid.slice(at))]));
      }),
      { numRuns: 100 },
    );
  });

  it('never throws on values of any type at any key', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 3 }),
        fc.constantFrom(
          'apiVersion',
          'kind',
          'metadata',
          'spec',
          'inputs',
          'steps',
          'id',
          'uses',
          'with',
          'needs',
          'if',
          'outputs',
          'retry',
          'undo',
          'verify',
          'onFailure',
          'forEach',
          'title',
          'schedule',
        ),
        (value, key) => {
          const step = { id: 'a', uses: 'exec', with: { argv: ['x'] }, [key]: value };
          const spec = { steps: [step, { id: 'b', uses: 'exec', needs: ['a'], with: { argv: ['x'] } }], [key]: value };
          const document = {
            apiVersion: 'oaops/v1',
            kind: 'Procedure',
            metadata: { name: 'x', version: '1.0.0', title: 'X', owner: 'x', [key]: value },
            spec,
            [key]: value,
          };
          within(JSON.stringify(document, null, 1));
          within(JSON.stringify({ ...document, [key]: value, kind: 'Procedure', spec: { steps: [step] } }));
        },
      ),
      { numRuns: 200 },
    );
  });
});
