import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approval } from '../../src/actions/flow/approval.ts';
import { sshKeygenDoor } from '../../src/connectors/signatures/ssh-keygen.ts';
import { sha256Hex } from '../../src/core/json.ts';
import { approveStep, rejectStep } from '../../src/engine/people/answers.ts';
import { type ApprovalMessage, approvalText } from '../../src/engine/people/approvals.ts';
import type { RunEnd } from '../../src/engine/run/outcome.ts';
import { needs } from '../helpers/needs.ts';
import { fakeAction, ok } from './fake-action.ts';
import { type Bench, openBench, planOf, stepSpec, VirtualClock } from './harness.ts';

const uid = process.geteuid?.() ?? 0;
const erase = fakeAction('erase', () => ok(), { effect: 'destructive' });
const actions = [approval, erase];
const hour = 3_600_000;

let bench: Bench;
let keys: string;
let allowed: string;

beforeEach(needs('ssh-keygen', 'ssh-agent'));
beforeEach(async () => {
  const door = sshKeygenDoor({ env: process.env, trustedUids: [0, uid] });
  // Keys have no validity in the past of the real clock: virtual time starts now.
  bench = await openBench(actions, { deps: { signatures: async () => door }, clock: new VirtualClock(Date.now()) });
  keys = join(bench.dir, 'keys');
  mkdirSync(keys, { mode: 0o700 });
  allowed = join(keys, 'allowed');
  writeFileSync(allowed, '', { mode: 0o644 });
  for (const name of ['alice', 'bob', 'carol']) allow(name);
});
afterEach(() => bench?.close());

function makeKey(name: string): string {
  const path = join(keys, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path]);
  return path;
}

function allow(name: string): void {
  const key = readFileSync(`${makeKey(name)}.pub`, 'utf8').trim();
  appendFileSync(allowed, `${name}@example.com namespaces="oaops-approval,oaops-plan" ${key}\n`);
}

async function start(
  given: Record<string, unknown> = {},
  requester: { name: string; keyFingerprint?: string } = { name: 'alice' },
): Promise<RunEnd> {
  const signers = { path: allowed, sha256: sha256Hex(readFileSync(allowed)) };
  const steps = [
    stepSpec({ id: 'ask', uses: 'approval', with: { message: 'erase it?', ...given } }),
    stepSpec({ id: 'erase', uses: 'erase' }),
  ];
  return bench.clock.run(bench.engine.start(planOf(actions, steps, { allowedSigners: signers }), requester));
}

const approve = (run: RunEnd, name: string, expiresMs = 8 * hour) =>
  approveStep(bench.deps, { run: run.run, step: 'ask', keyFile: join(keys, name), expiresMs });
const resume = (run: RunEnd) => bench.clock.run(bench.engine.resume(run.run));

describe('approval', () => {
  it('lets the run go on when a second person has signed', async () => {
    const run = await start();
    expect(run).toMatchObject({
      status: 'waiting',
      exitCode: 6,
      next: `A second person runs: oaops approve ${run.run} ask`,
    });
    expect((await resume(run)).status).toBe('waiting');
    expect(await approve(run, 'bob')).toMatchObject({ by: 'bob@example.com' });
    // Due at once: tick finds it.
    expect((await bench.clock.run(bench.engine.tick())).ran).toMatchObject([{ run: run.run, status: 'ok' }]);
    const row = (await bench.record.runs.journal(run.run)).find(
      (entry) => entry.step === 'ask' && entry.status === 'ok',
    );
    expect(row?.result).toMatchObject({
      approvals: [{ principal: 'bob@example.com', keyFingerprint: expect.stringMatching(/^SHA256:/) }],
    });
  });

  it('refuses the requester, by name and by key', async () => {
    const run = await start();
    await expect(approve(run, 'alice')).rejects.toMatchObject({ code: 'approval-own', exitCode: 4 });
    const fingerprint = execFileSync('ssh-keygen', ['-lf', join(keys, 'bob.pub')], { encoding: 'utf8' }).split(' ')[1]!;
    const other = await start({}, { name: 'dora', keyFingerprint: fingerprint });
    await expect(approve(other, 'bob')).rejects.toMatchObject({ code: 'approval-own', exitCode: 4 });
  });

  it('refuses a key that is not allowed, and a file that changed since the plan', async () => {
    const run = await start();
    makeKey('mallory');
    await expect(approve(run, 'mallory')).rejects.toMatchObject({ code: 'signer-unknown', exitCode: 4 });
    allow('trent');
    await expect(approve(run, 'trent')).rejects.toMatchObject({ code: 'allowed-signers-changed', exitCode: 4 });
    chmodSync(allowed, 0o666);
    await expect(approve(run, 'bob')).rejects.toMatchObject({ code: 'allowed-signers-unsafe', exitCode: 4 });
  });

  it('needs as many different persons as the step says', async () => {
    const run = await start({ approvers: 2 });
    await approve(run, 'bob');
    await approve(run, 'bob');
    expect(await resume(run)).toMatchObject({
      status: 'waiting',
      message: expect.stringContaining('1 approval missing'),
    });
    await approve(run, 'carol');
    expect((await resume(run)).status).toBe('ok');
  });

  it('counts a person with two keys and two names once', async () => {
    const key = (name: string) => readFileSync(`${makeKey(name)}.pub`, 'utf8').trim();
    appendFileSync(allowed, `bob ${key('bob2')}\nrob@example.com,carol@example.com ${key('carol2')}\n`);
    const run = await start({ approvers: 2 });
    await approve(run, 'bob');
    await approve(run, 'bob2');
    expect((await resume(run)).message).toContain('1 approval missing');
    const other = await start({ approvers: 2 });
    await approve(other, 'carol');
    await approve(other, 'carol2');
    expect((await resume(other)).message).toContain('1 approval missing');
  });

  it('takes a key by each of its names', async () => {
    appendFileSync(allowed, `dora,dora@example.com ${readFileSync(`${makeKey('dora')}.pub`, 'utf8').trim()}\n`);
    const run = await start({ from: ['dora@example.com'] });
    // One that would not count is not taken: the run would wait on.
    await expect(approve(run, 'bob')).rejects.toMatchObject({
      code: 'approver-not-asked',
      exitCode: 4,
      message: expect.stringContaining('waits for one of: dora@example.com'),
    });
    expect(run.next).toBe(`One of dora@example.com runs: oaops approve ${run.run} ask`);
    await approve(run, 'dora');
    expect((await resume(run)).status).toBe('ok');
  });

  it('refuses signatures of another namespace, step or plan, and a changed nonce', async () => {
    const run = await start();
    await approve(run, 'bob');
    const [genuine] = await bench.record.runs.inputs(run.run);
    const body = genuine!.body as { message: ApprovalMessage; signature: string };
    const second = await start();
    const digest = (await bench.record.runs.get(second.run))!.digest;
    const message = { ...body.message, run: second.run, digest };
    const door = await bench.deps.signatures();
    const signed = (namespace: string, text: ApprovalMessage) =>
      door.sign(join(keys, 'bob'), namespace, approvalText(text));
    const forged = [
      { message, signature: await signed('oaops-plan', message) },
      { message: { ...message, nonce: '0'.repeat(32) }, signature: await signed('oaops-approval', message) },
      ...(await Promise.all(
        [{ step: 'erase' }, { digest: 'f'.repeat(64) }].map(async (other) => {
          const changed = { ...message, ...other };
          return { message: changed, signature: await signed('oaops-approval', changed) };
        }),
      )),
    ];
    for (const one of forged) await bench.record.runs.addInput({ ...genuine!, runId: second.run, body: one });
    expect((await resume(second)).status).toBe('waiting');
    const warnings = bench.events.filter((event) => event.event === 'run.warning');
    expect(warnings).toHaveLength(forged.length);
    await bench.record.runs.addInput({
      ...genuine!,
      runId: second.run,
      body: { message, signature: await signed('oaops-approval', message) },
    });
    expect((await resume(second)).status).toBe('ok');
  });

  it('is not taken when the run was aborted', async () => {
    const run = await start();
    await bench.engine.abort(run.run, 'wrong day');
    await expect(approve(run, 'bob')).rejects.toMatchObject({ code: 'run-over', exitCode: 4 });
    const reject = rejectStep(bench.deps, { run: run.run, step: 'ask', reason: 'no' });
    await expect(reject).rejects.toMatchObject({ code: 'run-over' });
  });

  it('refuses a list of signers that others could change: the file, its group, a folder further up, behind a link', async () => {
    const door = await bench.deps.signatures();
    const unsafe = (path: string) =>
      expect(door.allowedSigners(path)).rejects.toMatchObject({ code: 'allowed-signers-unsafe', exitCode: 4 });
    chmodSync(allowed, 0o664);
    await unsafe(allowed);
    chmodSync(allowed, 0o1666);
    await unsafe(allowed);
    const folder = join(bench.dir, 'open', 'closed');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'allowed'), '');
    await door.allowedSigners(join(folder, 'allowed'));
    symlinkSync(join(folder, 'allowed'), join(keys, 'link'));
    chmodSync(join(bench.dir, 'open'), 0o777);
    await unsafe(join(folder, 'allowed'));
    await unsafe(join(keys, 'link'));
  });

  it('takes only the principals that the step names', async () => {
    const run = await start({ from: ['carol@example.com'] });
    await expect(approve(run, 'bob')).rejects.toMatchObject({ code: 'approver-not-asked', exitCode: 4 });
    expect((await resume(run)).status).toBe('waiting');
    await approve(run, 'carol');
    expect((await resume(run)).status).toBe('ok');
  });

  it('refuses when the approval, or the request, has expired', async () => {
    const run = await start();
    await approve(run, 'bob', hour);
    bench.clock.advance(2 * hour);
    expect(await resume(run)).toMatchObject({
      status: 'refused',
      exitCode: 4,
      message: expect.stringContaining('expired'),
    });
    // Asked again, it needs a new approval: the old one is spent.
    expect((await resume(run)).status).toBe('waiting');
    bench.clock.advance(73 * hour);
    expect(await resume(run)).toMatchObject({
      status: 'refused',
      message: expect.stringContaining('nobody approved within'),
    });
  });

  it('takes a second signature of a person in place of one that expires, as one person', async () => {
    const run = await start({ approvers: 2 });
    await approve(run, 'bob', hour);
    await approve(run, 'bob', 8 * hour);
    await approve(run, 'bob', hour);
    bench.clock.advance(2 * hour);
    expect(await resume(run)).toMatchObject({ status: 'waiting', message: expect.stringContaining('1 approval miss') });
    await approve(run, 'carol');
    expect((await resume(run)).status).toBe('ok');
  });

  it('counts two keys as one person also when what tied them together has expired', async () => {
    const key = (name: string) => readFileSync(`${makeKey(name)}.pub`, 'utf8').trim();
    const line = (names: string, name: string) => appendFileSync(allowed, `${names} ${key(name)}\n`);
    line('dora@example.com,ops@example.com', 'dora');
    line('dora@example.com', 'dora2');
    line('ops@example.com', 'dora3');
    const run = await start({ approvers: 2 });
    await approve(run, 'dora', hour);
    await approve(run, 'dora2');
    await approve(run, 'dora3');
    bench.clock.advance(2 * hour);
    expect(await resume(run)).toMatchObject({ status: 'waiting', message: expect.stringContaining('1 approval miss') });
  });

  it('does not believe a row in the record that nobody signed, or signed for something else', async () => {
    const first = await start();
    await approve(first, 'bob');
    const [genuine] = (await bench.record.runs.inputs(first.run)).filter((row) => row.kind === 'approval');
    const second = await start();
    await bench.record.runs.addInput({ ...genuine!, runId: second.run });
    const message = { ...(genuine!.body as { message: object }).message, run: second.run };
    await bench.record.runs.addInput({
      ...genuine!,
      runId: second.run,
      body: { ...(genuine!.body as object), message },
    });
    expect((await resume(second)).status).toBe('waiting');
    const warnings = bench.events.flatMap((event) => (event.event === 'run.warning' ? [event.message] : []));
    expect(warnings).toEqual([expect.stringContaining('another plan, run'), expect.stringContaining('does not fit')]);
  });

  it('ends refused when it is rejected', async () => {
    const run = await start();
    await rejectStep(bench.deps, { run: run.run, step: 'ask', reason: 'month-end closing' });
    expect(await resume(run)).toMatchObject({
      status: 'refused',
      exitCode: 4,
      message: 'ask: rejected by alice: month-end closing',
    });
  });

  it('takes keys that an agent holds', async () => {
    const run = await start();
    const agent = execFileSync('ssh-agent', ['-s'], { encoding: 'utf8' });
    const env = { ...process.env, SSH_AUTH_SOCK: /SSH_AUTH_SOCK=([^;]+)/.exec(agent)![1]! };
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(agent)![1]);
    try {
      execFileSync('ssh-add', ['-q', join(keys, 'carol')], { env });
      const door = sshKeygenDoor({ env, trustedUids: [0, uid] });
      const publicOnly = join(bench.dir, 'carol.pub');
      writeFileSync(publicOnly, readFileSync(join(keys, 'carol.pub')));
      const done = await approveStep(
        { ...bench.deps, signatures: async () => door },
        { run: run.run, step: 'ask', keyFile: publicOnly, expiresMs: hour },
      );
      expect(done.by).toBe('carol@example.com');
    } finally {
      process.kill(pid);
    }
  });
});
