import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FormatName, formatReport, type Report } from '../../src/runbook/formats/format.ts';

const report: Report = {
  files: ['ops/a.yaml', '/else/b c.yaml', '<stdin>'],
  skipped: ['ops/inventory.yaml'],
  findings: [
    {
      rule: 'key-unknown',
      severity: 'error',
      message: 'unknown key "a,b": 100%',
      next: 'Did you mean "ab"?',
      file: 'ops/a.yaml',
      line: 3,
      col: 5,
      endLine: 3,
      endCol: 9,
    },
    {
      rule: 'key-unknown',
      severity: 'error',
      message: 'unknown key "a,b": 100%',
      next: 'Did you mean "ab"?',
      file: 'ops/a.yaml',
      line: 9,
      col: 5,
      endLine: 11,
      endCol: 2,
    },
    {
      rule: 'title-translation',
      severity: 'warning',
      message: 'two\nlines <&> \u0001',
      file: '/else/b c.yaml',
      line: 1,
      col: 1,
    },
    { rule: 'site-rule', severity: 'info', message: 'of a kind', file: '<stdin>', line: 1, col: 1 },
  ],
};
const print = (name: FormatName, from = report) =>
  formatReport(name, from, { color: false, toolVersion: '1.2.3', cwd: '/work' });
const empty: Report = { files: ['a.yaml'], skipped: [], findings: [] };

describe('text', () => {
  it('has one line per finding, the next step below, figures last', () => {
    expect(print('text')).toBe(`ops/a.yaml:3:5 error key-unknown unknown key "a,b": 100%
  Did you mean "ab"?
ops/a.yaml:9:5 error key-unknown unknown key "a,b": 100%
  Did you mean "ab"?
/else/b c.yaml:1:1 warning title-translation two\nlines <&> \u0001
<stdin>:1:1 info site-rule of a kind
2 errors, 1 warning, 1 info in 3 files of 3; 1 file skipped (no runbooks): ops/inventory.yaml
`);
    expect(print('text', empty)).toBe('1 runbook checked, no findings\n');
  });
});

describe('json', () => {
  it('has figures and the findings as they are', () => {
    expect(JSON.parse(print('json'))).toEqual({ ...report, summary: { files: 3, errors: 2, warnings: 1, infos: 1 } });
  });
});

describe('github', () => {
  it('escapes as workflow commands want it', () => {
    expect(print('github').split('\n')).toEqual([
      '::error file=ops/a.yaml,line=3,endLine=3,col=5,endColumn=9,title=key-unknown::unknown key "a,b": 100%25%0ADid you mean "ab"?',
      '::error file=ops/a.yaml,line=9,endLine=11,col=5,title=key-unknown::unknown key "a,b": 100%25%0ADid you mean "ab"?',
      '::warning file=/else/b c.yaml,line=1,col=1,title=title-translation::two%0Alines <&> \u0001',
      '::notice file=stdin,line=1,col=1,title=site-rule::of a kind',
      '',
    ]);
    expect(print('github', { ...empty, findings: [{ ...report.findings[0]!, file: 'a:b,c.yaml' }] })).toContain(
      'file=a%3Ab%2Cc.yaml,',
    );
  });
});

describe('gitlab', () => {
  it('has the members that GitLab reads, and fingerprints that survive lines moving', () => {
    const issues = JSON.parse(print('gitlab'));
    expect(issues[0]).toEqual({
      description: 'unknown key "a,b": 100%. Did you mean "ab"?',
      check_name: 'key-unknown',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      severity: 'major',
      location: { path: 'ops/a.yaml', lines: { begin: 3, end: 3 } },
    });
    expect(issues.map((issue: { severity: string }) => issue.severity)).toEqual(['major', 'major', 'minor', 'info']);
    const marks = issues.map((issue: { fingerprint: string }) => issue.fingerprint);
    expect(new Set(marks).size).toBe(4);
    const moved = { ...report, findings: report.findings.map((finding) => ({ ...finding, line: finding.line + 7 })) };
    expect(JSON.parse(print('gitlab', moved)).map((issue: { fingerprint: string }) => issue.fingerprint)).toEqual(
      marks,
    );
    expect(JSON.parse(print('gitlab', empty))).toEqual([]);
  });
});

describe('junit', () => {
  it('has a case per file; errors fail it, the rest is output', () => {
    expect(print('junit')).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="oaops" tests="3" failures="1" errors="0" time="0">
  <testsuite name="oaops runbook validate" tests="3" failures="1" errors="0" time="0" skipped="0">
    <testcase classname="oaops.runbook" name="ops/a.yaml" file="ops/a.yaml" time="0">
      <failure type="key-unknown" message="unknown key &quot;a,b&quot;: 100% (and 1 more)">ops/a.yaml:3:5 error key-unknown unknown key &quot;a,b&quot;: 100%&#10;  Did you mean &quot;ab&quot;?&#10;ops/a.yaml:9:5 error key-unknown unknown key &quot;a,b&quot;: 100%&#10;  Did you mean &quot;ab&quot;?</failure>
    </testcase>
    <testcase classname="oaops.runbook" name="/else/b c.yaml" file="/else/b c.yaml" time="0">
      <system-out>/else/b c.yaml:1:1 warning title-translation two&#10;lines &lt;&amp;&gt; \ufffd</system-out>
    </testcase>
    <testcase classname="oaops.runbook" name="stdin" file="stdin" time="0">
      <system-out>&lt;stdin&gt;:1:1 info site-rule of a kind</system-out>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it('has a failing case for a path that stands for nothing', () => {
    const missing = { ...report.findings[0]!, file: 'none.yaml', message: 'there is no such file or folder' };
    expect(print('junit', { files: [], skipped: [], findings: [missing] })).toContain(
      '<testsuites name="oaops" tests="1" failures="1" errors="0" time="0">',
    );
  });
});

/** The parts of SARIF 2.1.0 (OASIS, sections 3.13 to 3.58) that are used here, with their constraints. */
const text = {
  type: 'object',
  required: ['text'],
  properties: { text: { type: 'string', minLength: 1 } },
  additionalProperties: false,
};
const level = { enum: ['none', 'note', 'warning', 'error'] };
const location = {
  type: 'object',
  required: ['uri'],
  properties: { uri: { type: 'string', pattern: '^[^\\s<>"{}|\\\\^`]+$' }, uriBaseId: { type: 'string' } },
  additionalProperties: false,
};
const position = { type: 'integer', minimum: 1 };
const object = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const sarif = object({
  $schema: { const: 'https://json.schemastore.org/sarif-2.1.0.json' },
  version: { const: '2.1.0' },
  runs: {
    type: 'array',
    items: object({
      tool: object({
        driver: object({
          name: { type: 'string' },
          version: { type: 'string' },
          semanticVersion: { type: 'string' },
          rules: {
            type: 'array',
            uniqueItems: true,
            items: object({ id: { type: 'string' }, shortDescription: text, defaultConfiguration: object({ level }) }, [
              'id',
            ]),
          },
        }),
      }),
      columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
      artifacts: { type: 'array', uniqueItems: true, items: object({ location }) },
      results: {
        type: 'array',
        items: object({
          ruleId: { type: 'string' },
          ruleIndex: { type: 'integer', minimum: 0 },
          level,
          message: text,
          locations: {
            type: 'array',
            items: object({
              physicalLocation: object({
                artifactLocation: location,
                region: object({ startLine: position, startColumn: position, endLine: position, endColumn: position }, [
                  'startLine',
                ]),
              }),
            }),
          },
          partialFingerprints: { type: 'object', additionalProperties: { type: 'string' } },
        }),
      },
    }),
  },
});

describe('paths of reports', () => {
  it.each(['github', 'gitlab', 'junit', 'sarif'] as const)('%s names files from the top of the work tree', (name) => {
    const top = mkdtempSync(join(tmpdir(), 'oaops-formats-'));
    onTestFinished(() => rmSync(top, { recursive: true }));
    mkdirSync(join(top, '.git'));
    const cwd = join(top, 'ops', 'deep');
    const findings = ['a.yaml', '../b.yaml', join(top, 'c.yaml')].map((file) => ({ ...report.findings[0]!, file }));
    const text = formatReport(
      name,
      { files: findings.map(({ file }) => file), skipped: [], findings },
      { color: false, toolVersion: '1.2.3', cwd },
    );
    for (const path of ['ops/deep/a.yaml', 'ops/b.yaml', 'c.yaml']) expect(text).toMatch(new RegExp(`["=]${path}[",]`));
  });
});

describe('sarif', () => {
  it.each([
    ['findings', report],
    ['nothing', empty],
  ] as const)('keeps the constraints of SARIF 2.1.0 with %s', (_name, from) => {
    const validate = new Ajv({ strict: false, allErrors: true }).compile(sarif);
    expect({ valid: validate(JSON.parse(print('sarif', from))), errors: validate.errors }).toEqual({
      valid: true,
      errors: null,
    });
  });

  it('each result points at its rule and an escaped place', () => {
    const [run] = JSON.parse(print('sarif')).runs;
    for (const result of run.results) expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    expect(run.results.map((result: { level: string }) => result.level)).toEqual(['error', 'error', 'warning', 'note']);
    expect(run.artifacts.map((artifact: { location: unknown }) => artifact.location)).toEqual([
      { uri: 'ops/a.yaml', uriBaseId: '%SRCROOT%' },
      { uri: 'file:///else/b%20c.yaml' },
      { uri: 'stdin', uriBaseId: '%SRCROOT%' },
    ]);
  });
});
