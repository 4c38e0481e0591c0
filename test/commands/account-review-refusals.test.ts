import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decide, openReview } from '../../src/app/accounts/review.ts';
import { runTick } from '../../src/app/schedules/tick.ts';
import { type App, openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import { AccountSite } from '../helpers/account-site.ts';
import { startSmtp } from '../helpers/smtp.ts';

const timeout = 120_000;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-review-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const start = (site: AccountSite) => site.json('account', 'review', 'rights', '--start', '--yes');

/** Another text in a file of the company. */
function edit(site: AccountSite, file: string, from: string, to: string): void {
  const text = site.read(file);
  expect(text).toContain(from);
  writeFileSync(join(site.dir, file), text.replace(from, to));
}

/** Writes one decision into every row of a list. */
function fill(site: AccountSite, file: string, decision: string): void {
  writeFileSync(join(site.dir, file), site.read(file).replaceAll(/,,,(?=\d{8}T)/g, `,${decision},,`));
}

/** The company so many days from now. */
function openSite({ env }: AccountSite, days = 0): App {
  const nowMs = () => Date.now() + days * 86_400_000;
  const globals = { json: true, quiet: true, verbose: false, debug: false, color: false };
  return openApp(globals as never, { env: { ...process.env, ...env }, clock: { ...systemClock, nowMs } });
}

describe('a review of rights', { timeout }, () => {
  it('that nobody answers in time ends incomplete, takes nothing away, and is closed', async () => {
    const site = new AccountSite(join(dir, 'site'));
    edit(site, 'runbooks/rights.yaml', 'review: {answerWithin: 10d}', 'review: {}');
    const { body } = await start(site);
    const run = body!.run;
    const before = site.rights();
    expect((await site.oaops('account', 'review', run, '--do', 'zhao')).exitCode).toBe(3);
    const tickAfter = async (days: number) => {
      await using app = openSite(site, days);
      await runTick(app, { renderer: async () => ({ sink: () => {} }) }, { stay: false });
    };
    await tickAfter(9.9);
    expect((await site.json('account', 'review', run, '--list')).body).toMatchObject({ status: 'waiting', open: 3 });
    await tickAfter(10.1);
    const { body: list } = await site.json('account', 'review', run, '--list');
    expect(list).toMatchObject({ status: 'incomplete', closed: true });
    // What was answered in time is carried out.
    expect(site.rights()).toEqual(before.map((line) => line.replace('zhao: crm,', 'zhao: ')));
    const late = await site.oaops('account', 'review', run, '--all', 'do');
    expect(late).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('is closed') });
    const { stdout } = await site.oaops('account', 'show', run);
    expect(stdout).toContain('[nobody answered in time] wang');
    expect(stdout).toMatch(
      /\[done\] zhao[\s\S]*crm: carry out by \w+, .* \(command line\)[\s\S]*rights taken away: crm/,
    );
    const { body: shown } = await site.json('account', 'show', run);
    expect(
      (shown!['entries'] as Record<string, unknown>[]).map(({ login, state, unanswered }) => [
        login,
        state,
        unanswered,
      ]),
    ).toEqual([
      ['wang', 'unanswered', 2],
      ['li', 'unanswered', 1],
      ['zhao', 'done', 0],
    ]);
  });

  it('leaves protected accounts out, and asks for a second person beyond the caps', async () => {
    const site = new AccountSite(join(dir, 'site'));
    edit(site, 'accounts.yaml', 'caps:', 'protected: [{account: wang, reason: board}]\ncaps:');
    const { body } = await start(site);
    const { body: list } = await site.json('account', 'review', body!.run, '--list');
    expect(list!.lines.map(({ login }) => login)).toEqual(['li', 'zhao']);
    edit(site, 'accounts.yaml', 'count: 100', 'count: 1');
    const second = await start(site);
    expect(second.exitCode).toBe(4);
    const { stdout } = await site.oaops('runs', 'show', second.body!.run);
    expect(stdout).toContain('more accounts than the cap, so a second person has to approve');
    edit(site, 'accounts.yaml', 'refuse: 100%', 'refuse: 10%');
    expect(await start(site)).toMatchObject({ exitCode: 4 });
  });

  it.each(['review', 'cleanup'])('a %s whose notices have no channel is not even planned', async (operation) => {
    const site = new AccountSite(join(dir, 'site'), { notice: 'notice: {channel: nowhere}' });
    const planned =
      operation === 'review' ? await start(site) : await site.json('account', 'cleanup', 'leavers', '--yes');
    expect(planned).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('"channel-unknown"') });
    expect((await site.oaops('account', 'audit', 'audit')).exitCode).toBe(0);
  });

  it('says whose mail was refused, and tries that one again', async () => {
    const smtp = await startSmtp();
    try {
      const config = `notify: {channels: {mail: {type: smtp, host: 127.0.0.1, port: ${smtp.port}, security: none, from: oa@oa.example, to: [ops@oa.example]}}}\n`;
      const site = new AccountSite(join(dir, 'site'), { config, notice: 'notice: {channel: mail}' });
      edit(site, 'roster.csv', 'fh@oa.example', 'nobody@oa.example');
      const { body } = await start(site);
      const send = () => site.json('account', 'review', body!.run, '--send');
      const first = await send();
      expect(first).toMatchObject({ exitCode: 3, body: { sent: ['boss@oa.example'] } });
      expect(first.body!['failed']).toEqual([expect.stringContaining('nobody@oa.example')]);
      expect(await send()).toMatchObject({
        exitCode: 3,
        body: { sent: [], already: ['boss@oa.example'], failed: first.body!['failed'] },
      });
    } finally {
      await smtp.stop();
    }
  });

  it('decisions of two who sign at the same time: the second is told, and nothing of theirs counts', async () => {
    const site = new AccountSite(join(dir, 'site'));
    const { body } = await start(site);
    await using app = openSite(site);
    const review = await openReview(app, body!.run);
    const all = (decision: 'do' | 'keep') => review.lines.map(({ id }) => ({ line: id, decision }));
    expect((await site.oaops('account', 'review', body!.run, '--keep', 'zhao')).exitCode).toBe(3);
    const mine = { decisions: all('do'), signing: { by: 'second', from: 'terminal' } };
    await expect(decide(app, review, [mine])).rejects.toMatchObject({ code: 'decided-meanwhile', exitCode: 4 });
    expect((await openReview(app, body!.run)).open).toHaveLength(3);
    // The same decision is no contradiction.
    const agreed = await decide(app, review, [{ ...mine, decisions: all('keep') }]);
    expect(agreed.open).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)('a head signs for its own people only, unless any signer will do', async () => {
    // Only root may change the file that says whose keys count, and the folders above it.
    chmodSync(dir, 0o755);
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'boss', '-f', join(dir, 'boss')]);
    const allowed = join(dir, 'allowed');
    writeFileSync(allowed, `boss@oa.example ${readFileSync(join(dir, 'boss.pub'), 'utf8')}`, { mode: 0o644 });
    const site = new AccountSite(join(dir, 'site'), { config: `approvals: {allowedSigners: ${allowed}}\n` });
    const sign = async (file: string) => {
      const { body } = await start(site);
      await site.json('account', 'review', body!.run, '--export', `lists-${body!.run}`);
      const list = join(site.dir, `lists-${body!.run}`, file);
      fill(site, `lists-${body!.run}/${file}`, 'do');
      spawnSync('ssh-keygen', ['-Y', 'sign', '-n', 'oaops-review', '-f', join(dir, 'boss'), list]);
      return site.json('account', 'review', body!.run, '--import', list, '--signature', `${list}.sig`);
    };
    expect(await sign('财务部.csv')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/boss@oa\.example has signed for zhao \(line \w+\), whose head is E6/),
    });
    expect(await sign('Sales.csv')).toMatchObject({ exitCode: 3, body: { files: [{ by: 'boss@oa.example' }] } });
    edit(site, 'runbooks/rights.yaml', 'answerWithin: 10d', 'signers: any');
    expect(await sign('财务部.csv')).toMatchObject({ exitCode: 3, body: { files: [{ by: 'boss@oa.example' }] } });
  });
});
