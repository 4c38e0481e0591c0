import { expect, it } from 'vitest';
import { openApp } from '../../src/app.ts';
import { fromInventory } from '../../src/rollout/population/from-inventory.ts';
import { checkText } from '../../src/runbook/load.ts';

const app = openApp({ json: false, quiet: false, verbose: false, debug: false, color: false });
const catalogue = await app.catalogue();

const head = `apiVersion: oaops/v1
kind: Rollout
metadata: {name: hotfix, version: 1.0.0, title: {en: Hotfix, zh-CN: 修复}, owner: tests, procedures: [UP-06]}
spec:
  population: {from: csv, file: users.csv, id: login}
  batches: {sizes: [5]}
  steps:
    - {id: enable, uses: exec, with: {argv: [a]}, outputs: {code: result.exitCode}, undo: {uses: exec, with: {argv: [b]}}}
  gates:
    - {id: health, uses: exec, with: {argv: [c]}, success: steps.enable.outputs.code == 0}
`;
const found = (text: string) =>
  checkText(head + text, 'hotfix.yaml', { catalogue }).findings.map(
    ({ line, col, rule, message }) => `${line}:${col} ${rule} ${message}`,
  );
const once = '"enable" is done once for each batch, and only steps and gates of its batch can read it';

it('lets what comes after the batches read no step of them', () => {
  expect(found('')).toEqual([]);
  const after = '  after:\n    - {id: tell, uses: exec, with: {argv: [d]}, if: steps.enable.outputs.code == 0}\n';
  expect(found(after)).toEqual([`12:53 step-order ${once}`]);
  const watch =
    '  watch:\n    gates:\n      - {id: well, uses: exec, with: {argv: [d], stdin: "${{ steps.enable.status }}"}}\n';
  expect(found(watch)).toEqual([`13:62 step-order ${once}`]);
  const last = '  finally:\n    - {id: thaw, uses: exec, with: {argv: [d]}, if: steps.health.status == "ok"}\n';
  expect(found(last)).toEqual([`12:53 step-order ${once.replace('enable', 'health')}`]);
});

it('takes no id of a step or gate of a batch that its conditions have', () => {
  const text = head.replaceAll('id: health', 'id: pre-window');
  expect(checkText(text, 'hotfix.yaml', { catalogue }).findings).toMatchObject([
    { rule: 'rollout-step-id', line: 10, message: expect.stringContaining('"pre-window"') },
  ]);
});

it.each(['all', 'group:web', '!web1'])('takes no host called %s into a population: it would select others', (name) => {
  const host = (called: string) => ({ name: called, connection: 'ssh' as const, host: 'h', groups: ['web'], vars: {} });
  const inventory = { sources: [], hosts: [host('web1'), host(name)] };
  const spec = { from: 'inventory' as const, targets: ['group:web'], exclude: [] };
  expect(() => fromInventory(spec as never, inventory)).toThrow(`the host "${name}" is called like a selector`);
});
