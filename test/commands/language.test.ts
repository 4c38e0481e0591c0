import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { displayWidth } from '../../src/cli/render/width.ts';

const bin = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'oaops-language-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const broken = join(dir, 'broken.yaml');
writeFileSync(
  broken,
  `apiVersion: oaops/v1
kind: Procedure
metadata:
  name: restart-oa
  version: one
  title: {en: Restart}
  owner: ops
spec:
  steps:
    - id: a
      uses: exce
      with: {argv: [ls]}
    - id: b
      uses: exec
      timeout: 20
      retry: {attemps: 3}
      with: {argv: ls}
`,
);
const failing = join(dir, 'failing.yaml');
writeFileSync(
  failing,
  `apiVersion: oaops/v1
kind: Procedure
metadata:
  name: check-oa
  version: 1.0.0
  title: {en: Check, zh-CN: 检查}
  owner: ops
spec:
  steps:
    - id: look
      uses: exec
      with: {argv: [ls, /nowhere/at/all]}
`,
);

function oaops(lang: string, ...args: string[]) {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, OAOPS_STATE_DIR: join(dir, 'state'), OAOPS_LANG: lang, COLUMNS: '80', NO_COLOR: '1' };
  const { stdout, stderr, status } = spawnSync(bin, args, { encoding: 'utf8', env });
  return { stdout, stderr, status };
}

describe('with --json the language changes nothing', () => {
  test.each([
    [['runbook', 'validate', broken, '--json']],
    [['runbook', 'validate', broken, '--format', 'github']],
    [['runbook', 'validate', broken, '--format', 'sarif']],
    [['runs', 'show', 'nope', '--json']],
    [['run', '--json']],
    [['nothing', '--json']],
    [['backup', 'list', '--repo', join(dir, 'nowhere'), '--json']],
    [['runbook', 'list', '--json']],
  ])('%j', (args) => expect(oaops('zh-CN', ...args)).toEqual(oaops('en', ...args)));

  test('of the events of a run: the record and NDJSON keep English messages', () => {
    const { stdout } = oaops('zh-CN', 'run', failing, '--json');
    expect(stdout).toContain('ended with exit code 2');
    expect(stdout).not.toMatch(/[\u4e00-\u9fff]/);
  });
});

test('a run that failed is told in Chinese, also when it is shown later', () => {
  const run = oaops('zh-CN', 'run', failing);
  expect(run.status).toBe(1);
  expect(run.stdout).toMatch(/失败，用时 .*\nlook: ls 结束，退出码 2：.*\n请看 "oaops runs show /s);
  const shown = oaops('zh-CN', 'runs', 'show', 'latest').stdout;
  expect(shown).toMatch(/^状态：失败（退出码 1）$/m);
  expect(shown).toMatch(/^失败 {8} look: look \[exec\]$/m);
});

test('findings are told in Chinese; place, severity and rule are what tools filter on', () => {
  const { stdout } = oaops('zh-CN', 'runbook', 'validate', broken);
  expect(stdout).toContain(`${broken}:11:13 error action-unknown 没有动作 "exce"\n  是否想写 "exec"？`);
  expect(stdout).toContain(
    'version-semver "metadata.version" 是 "one"，而不是 语义化版本号\n  请写三段数字，例如 1.4.0。',
  );
  expect(stdout).toMatch(/\n1 个文件中有 5 个错误, 1 个警告（共 1 个文件）\n$/);
});

describe.each(['en', 'zh-CN'])('in %s', (lang) => {
  test.each([[[]], [['backup']], [['run']], [['backup', 'restore']], [['runbook', 'validate']], [['audit', 'verify']]])(
    'the help of %j fits 80 columns',
    (words) => {
      const { stdout } = oaops(lang, ...words, '--help');
      const wide = stdout.split('\n').filter((line) => displayWidth(line) > 80 && !/^ *\$ oaops/.test(line));
      expect(wide).toEqual([]);
      expect(stdout).not.toContain('[default: ]');
    },
  );

  test('lists fit 80 columns', () => {
    for (const args of [
      ['runs', 'list'],
      ['runbook', 'list'],
      ['runbook', 'show', 'backup-daily'],
    ]) {
      const { stdout, status } = oaops(lang, ...args);
      expect(status).toBe(0);
      const wide = stdout.split('\n').filter((line) => displayWidth(line) > 80);
      // A path or a checksum is never cut.
      expect(wide.filter((line) => !/^(sha256|file|文件) /.test(line))).toEqual([]);
    }
  });
});

test('help tells all of a description', () => {
  expect(oaops('en', 'run', '--help').stdout.replaceAll(/\s+/g, ' ')).toContain('Plans, then does what the plan says');
  expect(oaops('zh-CN', 'run', '--help').stdout).toContain('先制定计划');
});
