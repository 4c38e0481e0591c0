import { expect, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { checkText } from '../../src/runbook/load.ts';

const app = openApp({ json: false, quiet: false, verbose: false, debug: false, color: false });
const catalogue = await app.catalogue();

const good = `apiVersion: oaops/v1
kind: Inspection
metadata: {name: daily, version: 1.0.0, title: {en: Daily, zh-CN: 日检}, owner: tests, procedures: [IN-01]}
spec:
  inputs:
    port: {type: integer, default: 443}
    folder: {type: string, default: /}
    away: {type: boolean, default: false}
  sections:
    - id: servers
      targets: [localhost]
      checks:
        - id: disk
          check: disk
          with: {paths: ["\${{ inputs.folder }}"], warn: 80}
        - id: page
          check: tcp
          with: {host: oa.example.org, port: "\${{ inputs.port }}"}
          needs: disk
          enabled: \${{ !inputs.away }}
    - id: room
      checks:
        - id: walk
          check: manual
          with: {instructions: Look at the lamps.}
        - id: taken-over
          check: manual
          needs: [walk, page]
          with: {instructions: Take over., notBy: walk, evidence: required}
  waivers:
    - {check: page, until: 2026-12-31, by: li, reason: moved}
  finally:
    - {id: tell, uses: exec, with: {argv: [logger, "\${{ steps.judge.outputs.summary }}"]}}
`;

const found = (text: string) =>
  checkText(text, 'daily.yaml', { catalogue }).findings.map(
    ({ line, col, rule, message, next }) =>
      `${line}:${col} ${rule} ${message}${next === undefined ? '' : ` | ${next}`}`,
  );

test('takes an inspection that is right, values of inputs included', () => {
  expect(found(good)).toEqual([]);
});

const known = catalogue.checks.map(({ name }) => name).join(', ');

/** One mistake each, and what is said of it. */
const defects: [name: string, from: string, to: string, findings: string[]][] = [
  [
    'an unknown type',
    'check: disk',
    'check: dsk',
    ['14:18 check-unknown there is no type of check "dsk" | Did you mean "disk"?'],
  ],
  [
    'a type that nothing is like',
    'check: disk',
    'check: no-such-check-at-all',
    [`14:18 check-unknown there is no type of check "no-such-check-at-all" | Known types: ${known}.`],
  ],
  [
    'a type that only a run knows',
    'check: disk',
    'check: "${{ inputs.port }}"',
    [`14:18 check-unknown there is no type of check "\${{ inputs.port }}" | Known types: ${known}.`],
  ],
  [
    'no type',
    '          check: disk\n',
    '',
    ['13:11 key-missing "sections[0].checks[0]" has no "check" | Add "check": text.'],
  ],
  [
    'an unknown argument',
    'warn: 80',
    'wran: 80',
    ['15:51 key-unknown unknown key "wran" in "sections[0].checks[0].with" | Did you mean "warn"?'],
  ],
  [
    'an argument of another type',
    'warn: 80',
    'warn: [80]',
    ['15:51 value-type "sections[0].checks[0].with.warn" must be a number or text, not a list'],
  ],
  [
    'a threshold that is none',
    'warn: 80',
    'warn: "20:10"',
    [
      '15:57 value-invalid "sections[0].checks[0].with.warn" is "20:10", not a threshold | Write a number, or a range in quotes such as "10:20", "5:" or "@1:2".',
    ],
  ],
  [
    'a port that is none',
    'port: "${{ inputs.port }}"',
    'port: 70000',
    [
      '6:5 input-unused the input "port" is never read | Read it with ${{ inputs.port }}, or remove it.',
      '18:46 value-invalid "sections[0].checks[1].with.port" must be at most 65535',
    ],
  ],
  [
    'an argument that is missing',
    ', port: "${{ inputs.port }}"',
    '',
    [
      '6:5 input-unused the input "port" is never read | Read it with ${{ inputs.port }}, or remove it.',
      '18:11 key-missing "sections[0].checks[1].with" has no "port" | Add "port": a whole number.',
    ],
  ],
  [
    'all arguments missing',
    '          with: {host: oa.example.org, port: "${{ inputs.port }}"}\n',
    '',
    [
      '6:5 input-unused the input "port" is never read | Read it with ${{ inputs.port }}, or remove it.',
      '17:18 key-missing "sections[0].checks[1].with" has no "port" | Add "port": a whole number.',
    ],
  ],
  [
    'arguments that are a list',
    'with: {host: oa.example.org, port: "${{ inputs.port }}"}',
    'with: [1]',
    [
      '6:5 input-unused the input "port" is never read | Read it with ${{ inputs.port }}, or remove it.',
      '18:11 value-type "sections[0].checks[1].with" must be a mapping, not a list',
    ],
  ],
  [
    'an input that is not there',
    'inputs.port }}',
    'inputs.prot }}',
    ['18:51 input-undefined there is no input "prot" | Did you mean "port"?'],
  ],
  [
    'an expression inside a text',
    'host: oa.example.org',
    'host: "${{ inputs.port }}.example.org"',
    [
      '18:25 expression-in-string ${{ }} must be the whole value, not part of a text | Make the whole text in the expression: ${{ "text " + inputs.name }}.',
    ],
  ],
  [
    'a step that comes later',
    'inputs.port }}',
    'steps.judge.outputs.failed }}',
    [
      '6:5 input-unused the input "port" is never read | Read it with ${{ inputs.port }}, or remove it.',
      '18:51 expression-name "steps" is not known here | Known here: inputs, run, target.',
    ],
  ],
  [
    'enabled by a text',
    'enabled: ${{ !inputs.away }}',
    'enabled: "no"',
    [
      '8:5 input-unused the input "away" is never read | Read it with ${{ inputs.away }}, or remove it.',
      '20:20 value-invalid "sections[0].checks[1].enabled": neither true nor false, nor an expression ${{ }}',
    ],
  ],
  [
    'two checks of one id',
    'id: page',
    'id: disk',
    [
      '16:15 inspection-id-duplicate the id "disk" is there twice | Give each an id of its own.',
      '19:18 inspection-needs-circle "disk" needs itself | Remove one of these "needs".',
      '28:11 inspection-check-unknown there is no check "page" | Write the id of a check of this inspection.',
      '31:15 inspection-check-unknown there is no check "page" | Write the id of a check of this inspection.',
    ],
  ],
  [
    'two checks of one id in two sections',
    'id: walk\n',
    'id: disk\n',
    [
      '23:15 inspection-id-duplicate the id "disk" is there twice | Give each an id of its own.',
      '28:11 inspection-check-unknown there is no check "walk" | Write the id of a check of this inspection.',
      '29:51 inspection-check-unknown there is no check "walk" that a person signs | Write the id of a manual check of this inspection.',
    ],
  ],
  [
    'two sections of one id',
    'id: room',
    'id: servers',
    ['21:11 inspection-id-duplicate the id "servers" is there twice | Give each an id of its own.'],
  ],
  [
    'an unknown need',
    'needs: disk',
    'needs: dsik',
    ['19:18 inspection-check-unknown there is no check "dsik" | Write the id of a check of this inspection.'],
  ],
  [
    'a check that needs itself',
    'needs: disk',
    'needs: page',
    ['19:18 inspection-needs-circle "page" needs itself | Remove one of these "needs".'],
  ],
  [
    'a circle of needs',
    'warn: 80}',
    'warn: 80}\n          needs: taken-over',
    [
      '16:18 inspection-needs-circle "disk" needs itself | Remove one of these "needs".',
      '20:18 inspection-needs-circle "page" needs itself | Remove one of these "needs".',
      '29:11 inspection-needs-circle "taken-over" needs itself | Remove one of these "needs".',
    ],
  ],
  [
    'a waiver of an unknown check',
    '{check: page, until',
    '{check: pgae, until',
    ['31:15 inspection-check-unknown there is no check "pgae" | Write the id of a check of this inspection.'],
  ],
  [
    'a waiver until no day',
    '2026-12-31',
    '2026-02-30',
    ['31:28 value-invalid "waivers[0].until" is "2026-02-30", not a date | Write 2026-12-31.'],
  ],
  ['a waiver by nobody', ', by: li', '', ['31:8 key-missing "waivers[0]" has no "by" | Add "by": text.']],
  [
    'a waiver without a reason',
    ', reason: moved',
    ', reason: ""',
    ['31:56 value-invalid "waivers[0].reason" must not be empty'],
  ],
  [
    'a step called like the verdict',
    'id: tell',
    'id: judge',
    [
      '33:12 inspection-step-id the id "judge" looks like one that an inspection gives to its own steps | Choose an id other than judge, collect-<number> and sign-<check>.',
      '33:58 step-order a step cannot read its own outputs before it ran | Read "result" in "success" and "outputs".',
    ],
  ],
  [
    'a step called like one that asks hosts',
    'id: tell',
    'id: collect-2',
    [
      '33:12 inspection-step-id the id "collect-2" looks like one that an inspection gives to its own steps | Choose an id other than judge, collect-<number> and sign-<check>.',
    ],
  ],
  [
    'a step called like a sign-off',
    'id: tell',
    'id: sign-walk',
    [
      '33:12 inspection-step-id the id "sign-walk" looks like one that an inspection gives to its own steps | Choose an id other than judge, collect-<number> and sign-<check>.',
    ],
  ],
  [
    'an output that the verdict does not have',
    'outputs.summary',
    'outputs.sumary',
    ['33:57 output-undefined the step "judge" has no output "sumary" | Did you mean "summary"?'],
  ],
  [
    'a sign-off by another than nobody',
    'notBy: walk',
    'notBy: disk',
    [
      '29:51 inspection-check-unknown there is no check "disk" that a person signs | Write the id of a manual check of this inspection.',
    ],
  ],
  [
    'a sign-off that waits for itself',
    'notBy: walk',
    'notBy: taken-over',
    ['29:51 inspection-needs-circle "taken-over" would wait for its own sign-off | Remove one of these "notBy".'],
  ],
  [
    'an id that is none',
    'id: page',
    'id: Page 1',
    [
      '16:15 value-invalid "sections[0].checks[1].id" is "Page 1", not a step id | Use letters, digits, _ and -, starting with a letter, such as copy-files.',
    ],
  ],
  [
    'the id of the host itself',
    'id: page',
    'id: "@host"',
    [
      '16:15 value-invalid "sections[0].checks[1].id" is "@host", not a step id | Use letters, digits, _ and -, starting with a letter, such as copy-files.',
    ],
  ],
  [
    'no checks',
    'checks:\n        - id: walk\n          check: manual\n          with: {instructions: Look at the lamps.}\n        - id: taken-over\n          check: manual\n          needs: [walk, page]\n          with: {instructions: Take over., notBy: walk, evidence: required}\n',
    'checks: []\n',
    ['22:7 value-invalid "sections[1].checks" must not be empty'],
  ],
  [
    'a time limit of nothing',
    'needs: disk',
    'timeout: 0s',
    ['19:20 value-invalid "sections[0].checks[1].timeout": a check needs some time'],
  ],
  [
    'a time limit without a unit',
    'needs: disk',
    'timeout: 30',
    [
      '19:20 value-type "sections[0].checks[1].timeout" must be text, but YAML reads 30 as a number | Write a number and a unit, such as 30s, 20m, 72h, 30d or 1h30m.',
    ],
  ],
];

test.each(defects)('%s', (_, from, to, findings) => {
  expect(good).toContain(from);
  expect(found(good.replace(from, () => to))).toEqual(findings);
});

test('steps that tell somebody read the verdict; others have no steps to read', () => {
  const all = ['verdict', 'summary', 'lines', 'failed', 'new'].map(
    (name) => `"\${{ string(steps.judge.outputs.${name}) }}"`,
  );
  expect(found(good.replace('"${{ steps.judge.outputs.summary }}"', () => all.join(', ')))).toEqual([]);
  expect(found(good.replace('outputs.summary', () => 'summary'))).toEqual([
    '33:57 expression-name a step has status, message, outputs, units, no "summary" | Write steps.judge.outputs.summary.',
  ]);
});
