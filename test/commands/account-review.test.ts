import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/core/json.ts';
import { AccountSite } from '../helpers/account-site.ts';
import { startSmtp } from '../helpers/smtp.ts';
import { hasTmux, Tmux } from '../helpers/tmux.ts';

const timeout = 120_000;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-review-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A review of rights that waits for its heads. */
async function waiting(site = new AccountSite(join(dir, 'site'))) {
  const { exitCode, body } = await site.json('account', 'review', 'rights', '--start', '--yes');
  expect(exitCode).toBe(6);
  return { site, run: body!.run };
}

/** Writes decisions into a list, as heads do: the login and the right of a row, and what is to become of it. */
function fill(site: AccountSite, file: string, decide: (row: string) => string): void {
  const [header, ...rows] = site.read(file).split('\r\n').filter(Boolean);
  const filled = rows.map((row) => row.replace(/,,,(?=\d{8}T)/, `,${decide(row)},,`));
  writeFileSync(join(site.dir, file), `${[header, ...filled].join('\r\n')}\r\n`);
}

const before = [
  'boss: -',
  'wang: =cmd|calc,crm,pay:approve',
  'li: crm,pay:approve',
  'zhao: crm,pay:read',
  'qian: -',
  'fh: -',
  'lilei2: -',
];

describe('a review of rights', { timeout }, () => {
  it('takes away only the rights that somebody has signed, each on its own, and they can be given back', async () => {
    const { site, run } = await waiting();
    const { body: list, exitCode } = await site.json('account', 'review', run, '--list');
    expect(exitCode).toBe(0);
    expect(list!.lines.map(({ login, right, head, decision }) => [login, right, head, decision])).toEqual([
      ['wang', '=cmd|calc', 'E1', null],
      ['wang', 'pay:approve', 'E1', null],
      ['li', 'pay:approve', 'E1', null],
      ['zhao', 'crm', 'E6', null],
    ]);
    expect(list!.missing.map(({ login, rights }) => [login, rights])).toEqual([['fh', ['pay:approve', 'pay:read']]]);
    // Nobody can be asked without a terminal.
    expect((await site.oaops('account', 'review', run)).exitCode).toBe(6);
    const unknown = await site.oaops('account', 'review', run, '--do', 'nobody');
    expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no line or login "nobody"') });

    const [calc] = list!.lines;
    const some = await site.json(
      'account',
      'review',
      run,
      '--do',
      String(calc!['id']),
      '--keep',
      'li',
      '--reason',
      'on duty',
    );
    expect(some).toMatchObject({ exitCode: 3, body: { open: [list!.lines[1]!['id'], list!.lines[3]!['id']] } });
    expect(site.rights()).toEqual(before);
    // As long as the list is open a line that is named can be decided anew.
    const rest = await site.json('account', 'review', 'rights', '--all', 'keep');
    expect(rest.exitCode).toBe(0);
    expect(site.rights()).toEqual(before.map((line) => line.replace('=cmd|calc,', '')));
    const late = await site.oaops('account', 'review', run, '--do', 'li');
    expect(late).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('is closed') });
    expect((await site.oaops('account', 'undo', run, '--yes')).exitCode).toBe(0);
    expect(site.rights()).toEqual(before);
  });

  it('goes out to heads as lists and comes back; what is kept says who, when and from where', async () => {
    const { site, run } = await waiting();
    const exported = await site.json('account', 'review', run, '--export', 'lists', '--lang', 'zh-CN');
    expect(exported.body!.files.map(({ department, head, lines }) => [department, head, lines])).toEqual([
      ['Sales', 'E1', 3],
      ['财务部', 'E6', 1],
    ]);
    expect(readdirSync(join(site.dir, 'lists')).sort()).toEqual(['Sales.csv', '财务部.csv']);
    expect(site.read('lists/Sales.csv')).toContain("'=cmd|calc");
    // Filled in or not: nothing is written over.
    const again = await site.oaops('account', 'review', run, '--export', 'lists');
    expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('may be filled in') });

    const nothing = await site.json('account', 'review', run, '--import', 'lists/Sales.csv');
    expect(nothing).toMatchObject({ exitCode: 3, body: { files: [{ decided: 0, undecided: 3 }] } });
    fill(site, 'lists/Sales.csv', (row) => (row.includes(',wang,') ? '执行' : '保留'));
    const good = site.read('lists/Sales.csv');
    writeFileSync(join(site.dir, 'lists/Sales.csv'), good.replace('pay:approve', 'pay:read'));
    fill(site, 'lists/财务部.csv', () => 'yes');
    // One of two files was edited: nothing of either is taken over.
    const edited = await site.oaops(
      'account',
      'review',
      run,
      '--import',
      'lists/财务部.csv',
      '--import',
      'lists/Sales.csv',
    );
    expect(edited).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Sales.csv:3:1: the column "权限" was changed'),
    });
    expect((await site.json('account', 'review', run, '--list')).body!.open).toBe(4);

    writeFileSync(join(site.dir, 'lists/Sales.csv'), good);
    const take = (file: string, ...more: string[]) =>
      site.json('account', 'review', run, '--import', `lists/${file}.csv`, ...more);
    // Whoever brings a list says of whom it is, and nobody answers for the people of another head.
    expect((await take('Sales')).exitCode).toBe(2);
    expect((await take('财务部', '--signed-by', 'Boss')).exitCode).toBe(4);
    expect((await site.json('account', 'review', run, '--list')).body!.open).toBe(4);
    const sales = await site.json('account', 'review', run, '--import', 'lists/Sales.csv', '--signed-by', 'Boss');
    expect(sales).toMatchObject({ exitCode: 3, body: { files: [{ decided: 3, signedBy: 'Boss' }] } });
    expect(site.rights()).toEqual(before);
    const finance = await site.json('account', 'review', run, '--import', 'lists/财务部.csv', '--signed-by', 'e6');
    expect(finance).toMatchObject({ exitCode: 0, body: { status: 'ok', files: [{ decided: 1, undecided: 0 }] } });
    expect(site.rights()).toEqual([
      'boss: -',
      'wang: crm',
      'li: crm,pay:approve',
      'zhao: pay:read',
      'qian: -',
      'fh: -',
      'lilei2: -',
    ]);

    const sha256 = sha256Hex(good);
    expect(site.read(`state/runs/${run}/review/${sha256}.csv`)).toBe(good);
    const { body } = await site.json('account', 'review', run, '--list');
    const [decision] = body!.lines.map((line) => line['decision'] as Record<string, string>);
    expect(decision).toMatchObject({ signedBy: 'Boss', from: `file Sales.csv, sha256 ${sha256}` });
    expect(decision!['by']).not.toBe('Boss');
    expect(site.audited()).toEqual([
      'account.review.exported',
      'account.review.imported',
      'account.review.imported',
      'account.review.imported',
    ]);
  });

  it('goes on by itself when the process was killed between import and resume', async () => {
    const { site, run } = await waiting();
    await site.json('account', 'review', run, '--export', 'lists');
    fill(site, 'lists/Sales.csv', () => 'do');
    fill(site, 'lists/财务部.csv', () => 'keep');
    const script = fileURLToPath(new URL('../helpers/import-and-die.ts', import.meta.url));
    const died = spawnSync(process.execPath, [script, run, 'Boss=lists/Sales.csv', 'E6=lists/财务部.csv'], {
      cwd: site.dir,
      env: { ...process.env, ...site.env },
      encoding: 'utf8',
    });
    expect(died.signal, died.stderr).toBe('SIGKILL');
    expect((await site.json('account', 'review', run, '--list')).body).toMatchObject({ open: 0, status: 'waiting' });
    expect(site.rights()).toEqual(before);
    // The same file again is nothing new, and the run goes on.
    expect(
      (await site.json('account', 'review', run, '--import', 'lists/Sales.csv', '--signed-by', 'boss@oa.example'))
        .exitCode,
    ).toBe(0);
    expect(site.rights()).toEqual([
      'boss: -',
      'wang: crm',
      'li: crm',
      'zhao: crm,pay:read',
      'qian: -',
      'fh: -',
      'lilei2: -',
    ]);
  });

  it('is sent to each head once, and says whom it does not reach', async () => {
    const smtp = await startSmtp();
    try {
      const config = `notify: {channels: {mail: {type: smtp, host: 127.0.0.1, port: ${smtp.port}, security: none, from: oa@oa.example, to: [ops@oa.example]}}}\n`;
      const site = new AccountSite(join(dir, 'site'), { config, notice: 'notice: {channel: mail}' });
      const roster = site.read('roster.csv').replace('fh@oa.example', '');
      writeFileSync(join(site.dir, 'roster.csv'), roster);
      const { run } = await waiting(site);
      const sent = await site.json('account', 'review', run, '--send');
      expect(sent).toMatchObject({ exitCode: 3, body: { sent: ['boss@oa.example'], nobody: ['财务部 (E6)'] } });
      expect(smtp.mails.map(({ to }) => to)).toEqual([['boss@oa.example']]);
      expect(smtp.mails[0]!.data).toContain('Sales.csv');
      expect(await site.json('account', 'review', run, '--send')).toMatchObject({
        body: { sent: [], already: ['boss@oa.example'] },
      });
      expect(smtp.mails).toHaveLength(1);
    } finally {
      await smtp.stop();
    }
    const { site, run } = await waiting(new AccountSite(join(dir, 'without')));
    expect(await site.oaops('account', 'review', run, '--send')).toMatchObject({ exitCode: 2 });
  });

  it.runIf(process.getuid?.() === 0)(
    'a signature over the file makes the head the signer; a wrong one refuses',
    async () => {
      // Only root may change the file that says whose keys count, and the folders above it.
      chmodSync(dir, 0o755);
      for (const name of ['boss', 'other'])
        spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(dir, name)]);
      const { stdout: publicKey } = spawnSync('cat', [join(dir, 'boss.pub')], { encoding: 'utf8' });
      const allowed = join(dir, 'allowed');
      writeFileSync(allowed, `boss@oa.example namespaces="oaops-review" ${publicKey}`, { mode: 0o644 });
      const site = new AccountSite(join(dir, 'site'), { config: `approvals: {allowedSigners: ${allowed}}\n` });
      const { run } = await waiting(site);
      await site.json('account', 'review', run, '--export', 'lists');
      fill(site, 'lists/Sales.csv', () => 'keep');
      const list = join(site.dir, 'lists/Sales.csv');
      const sign = (key: string, namespace = 'oaops-review') => {
        rmSync(`${list}.sig`, { force: true });
        spawnSync('ssh-keygen', ['-Y', 'sign', '-n', namespace, '-f', join(dir, key), list]);
      };
      const take = () => site.json('account', 'review', run, '--import', list, '--signature', `${list}.sig`);
      sign('other');
      expect(await take()).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('signer-unknown') });
      sign('boss', 'file');
      expect(await take()).toMatchObject({ exitCode: 4 });
      sign('boss');
      const good = site.read('lists/Sales.csv');
      writeFileSync(list, good.replace('keep', 'do'));
      expect(await take()).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('signature-invalid') });
      writeFileSync(list, good);
      expect(await take()).toMatchObject({ exitCode: 3, body: { files: [{ by: 'boss@oa.example', decided: 3 }] } });
      expect(existsSync(join(site.dir, `state/runs/${run}/review/${sha256Hex(good)}.csv.sig`))).toBe(true);
    },
  );
});

describe('a cleanup', { timeout }, () => {
  it('is signed by another process and goes on; whose an account is can be confirmed', async () => {
    const site = new AccountSite(join(dir, 'site'));
    writeFileSync(
      join(site.dir, 'roster.csv'),
      site
        .read('roster.csv')
        .replace(
          'E3,李雷,li,li@oa.example,Sales,clerk,E1,active,',
          'E3,李雷,li,li@oa.example,Sales,clerk,E1,left,2026-01-31',
        ),
    );
    const { body } = await site.json('account', 'cleanup', 'leavers', '--yes');
    const run = body!.run;
    const { body: list } = await site.json('account', 'review', run, '--list');
    expect(list!.lines.map(({ login }) => login)).toEqual(['li', 'qian']);
    expect(list!.toConfirm.map(({ login, person }) => [login, person])).toEqual([['lilei2', 'E3']]);
    expect((await site.oaops('account', 'review', run, '--deny', 'lilei2')).exitCode).toBe(0);
    expect((await site.json('account', 'review', run, '--list')).body!.toConfirm).toEqual([]);
    expect((await site.oaops('account', 'review', run, '--confirm', 'oa:lilei2', '--person', 'E3')).exitCode).toBe(0);
    const signed = await site.json('account', 'review', run, '--all', 'do', '--keep', 'li');
    // The account that waited for a word when the plan was made was left alone, and that is told.
    expect(signed.exitCode).toBe(3);
    expect(site.rights().filter((line) => line.endsWith('off'))).toEqual(['qian: - off']);
    const next = await site.json('account', 'cleanup', 'leavers', '--yes');
    const { body: nextList } = await site.json('account', 'review', next.body!.run, '--list');
    expect(nextList!.lines.map(({ login }) => login)).toEqual(['li', 'lilei2']);
  });
});

describe.skipIf(!hasTmux)('in a terminal', { timeout }, () => {
  it('lines are chosen from a list by department, signed, and the run goes on right there', async () => {
    const site = new AccountSite(join(dir, 'site'));
    using tmux = new Tmux('review');
    const environment = Object.entries(site.env)
      .map(([name, value]) => `export ${name}='${value}'`)
      .join('; ');
    const program = `${process.execPath} ${fileURLToPath(new URL('../../bin/dev.js', import.meta.url))}`;
    tmux.start(
      'review',
      120,
      `${environment}; cd ${site.dir}; ${program} account review rights --start --yes; echo "ended with $?"`,
    );
    const asked = await tmux.screen('review', /Which of these[\s\S]*zhao/);
    expect(asked).toContain('── Sales · E1 ──');
    expect(asked).toContain('2 beyond the role Sales / clerk');
    expect(asked).toMatch(/space: change/);
    // Nothing is proposed: the first line and the last are chosen.
    tmux.type('review', 'Space', 'Down', 'Down', 'Down', 'Space', 'Enter');
    await tmux.screen('review', /Sign as \w+: carry out 2, keep 2\?/);
    expect(site.rights()).toEqual(before);
    tmux.type('review', 'y', 'Enter');
    const ended = await tmux.everything('review', /ended with \d+/);
    expect(ended).toContain('ended with 0');
    expect(site.rights()).toEqual([
      'boss: -',
      'wang: crm,pay:approve',
      'li: crm,pay:approve',
      'zhao: pay:read',
      'qian: -',
      'fh: -',
      'lilei2: -',
    ]);

    // A cleanup proposes all; whoever leaves the list leaves it unsigned.
    tmux.start(
      'cleanup',
      120,
      `${environment}; cd ${site.dir}; ${program} account cleanup leavers --yes; echo "ended with $?"; ${program} account review; echo "then $?"`,
    );
    await tmux.screen('cleanup', /Which of these[\s\S]*◉ qian/);
    tmux.type('cleanup', 'C-c');
    await tmux.screen('cleanup', /nothing of it is signed[\s\S]*ended with 130[\s\S]*Which of these[\s\S]*qian/);
    tmux.type('cleanup', 'Enter');
    await tmux.screen('cleanup', /carry out 1, keep 0\?/);
    tmux.type('cleanup', 'y', 'Enter');
    await tmux.screen('cleanup', /then 0/);
    expect(site.rights()).toContain('qian: - off');
  });
});
