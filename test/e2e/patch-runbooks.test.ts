import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runOaops } from '../helpers/oaops.ts';
import { pingServer } from '../helpers/pinged.ts';

let dir: string;
/** What the channel is told. */
let channel: Awaited<ReturnType<typeof pingServer>>;
const told = () => channel.pings.map(({ body }) => body);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-patch-runbooks-'));
  channel = await pingServer();
  writeFileSync(join(dir, 'package.tar'), 'the package');
  writeFileSync(join(dir, 'other.tar'), 'another package');
  writeFileSync(join(dir, 'config.yaml'), `notify: {channels: {users: {type: webhook, url: "${channel.url}/"}}}\n`, {
    mode: 0o600,
  });
});
afterAll(async () => {
  await channel.close();
  rmSync(dir, { recursive: true, force: true });
});

const oaops = (...args: string[]) =>
  runOaops([...args, '--config', join(dir, 'config.yaml')], {
    env: { OAOPS_STATE_DIR: join(dir, 'state'), HOME: dir },
    cwd: dir,
  });
const run = (name: string, ...inputs: string[]) =>
  oaops('run', name, '-i', 'package=package.tar', ...inputs.flatMap((one) => ['-i', one]), '--yes');

/** What a rollout of one local member says of its preconditions. */
async function preconditions(file = 'package.tar'): Promise<string> {
  writeFileSync(join(dir, 'users.csv'), 'login\nanna\n');
  writeFileSync(
    join(dir, 'check.yaml'),
    `apiVersion: oaops/v1
kind: Rollout
metadata: {name: check, version: 1.0.0, title: Check, owner: tests}
spec:
  inputs: {package: {type: file, required: true}}
  population: {from: csv, file: users.csv, id: login}
  batches: {sizes: [1]}
  preconditions:
    - {what: risk, artefact: "\${{ inputs.package }}"}
    - {what: test-rounds, artefact: "\${{ inputs.package }}"}
    - {what: rehearsal, artefact: "\${{ inputs.package }}"}
    - {what: notice, artefact: "\${{ inputs.package }}"}
  rollback: {mode: none}
  steps: [{id: nothing, uses: exec, with: {argv: ["true"]}}]
  gates: [{id: fine, uses: exec, with: {argv: ["true"]}}]
`,
  );
  const ended = await oaops('patch', 'rollout', './check.yaml', '-i', `package=${file}`, '--yes');
  return ended.exitCode === 0 ? 'ok' : `${ended.exitCode}: ${ended.stdout}${ended.stderr}`;
}

describe('the shipped runbooks of an upgrade', { timeout: 180_000 }, () => {
  it('assess the risk by a person (UP-03)', async () => {
    expect(await preconditions()).toContain('there is no risk assessment of this package on record');
    const assess = async (percent: string) => {
      expect((await run('patch-risk')).exitCode).toBe(6);
      await oaops('runs', 'answer', 'latest', 'impact', '--value', 'mail is down for ten minutes');
      await oaops('runs', 'resume', 'latest');
      await oaops('runs', 'answer', 'latest', 'probability', '--value', percent);
      return oaops('runs', 'resume', 'latest');
    };
    const high = await assess('3.5');
    expect(high.exitCode, high.stdout + high.stderr).toBe(4);
    expect(await preconditions()).toContain('the risk is assessed at 3.5 %, at most 3 % is allowed');
    expect((await assess('2')).exitCode).toBe(0);
    expect(await preconditions()).toContain('test rounds passed by this package: 0, needed 3');
  });

  it('count test rounds of this very package only since the last failed one (UP-04)', async () => {
    const round = (check: string) => run('patch-test-round', 'install=test -f "$1"', `check=${check}`);
    for (const exitCode of [0, 0]) expect((await round('true')).exitCode).toBe(exitCode);
    expect((await round('false')).exitCode).toBe(1);
    for (let passed = 0; passed < 3; passed += 1) {
      expect(await preconditions()).toContain(`test rounds passed by this package: ${passed}, needed 3`);
      expect((await round('true')).exitCode).toBe(0);
    }
    expect(await preconditions()).toContain('there is no rehearsal of the rollback of this package on record');
  });

  it('rehearse the rollback (UP-06) and tell the users (UP-05); then nothing is missing', async () => {
    const rehearse = (rollback: string) =>
      run('patch-rehearsal', 'install=cp "$1" installed', `rollback=${rollback}`, 'check=test ! -e installed');
    expect((await rehearse('true')).exitCode).toBe(1);
    expect(await preconditions()).toContain('the last rehearsal of the rollback of this package failed');
    rmSync(join(dir, 'installed'), { force: true });
    const good = await rehearse('rm installed');
    expect(good.exitCode, good.stdout + good.stderr).toBe(0);
    expect(await preconditions()).toContain('there is no notice to the users of this package on record');
    const notice = await run('patch-notice', 'channel=users', 'subject=升级通知', 'text=Saturday 20:00, please save');
    expect(notice.exitCode, notice.stdout + notice.stderr).toBe(0);
    expect(told().join()).toContain('升级通知');
    expect(await preconditions()).toBe('ok');
    expect(await preconditions('other.tar')).toContain('there is no risk assessment of this package on record');
  });
});
