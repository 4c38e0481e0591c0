import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { displayWidth } from '../../src/cli/render/width.ts';
import { shapeOf } from '../helpers/json-shapes.ts';
import { runOaops } from '../helpers/oaops.ts';

const golden = join(import.meta.dirname, '../golden/account-json.json');

let dir: string;
let audit = '';
let cleanup = '';

const account = (...args: string[]) =>
  runOaops(['account', ...args], {
    cwd: dir,
    bare: true,
    env: {
      PATH: '/usr/bin:/bin',
      HOME: dir,
      OAOPS_STATE_DIR: join(dir, 'state'),
      OAOPS_CONFIG: join(dir, 'config.yaml'),
    },
  });

const directories = (vpn: string) => `
  - id: oa
    type: sql
    url: sqlite:${dir}/oa.db
    accounts: >-
      select id as key, login, employee, enabled, mfa as second_factor, last as last_used_at,
      case when login = 'wangwu' then 'superuser' end as privileged from users
    rights: select user as key, role as "right" from roles
    look: select id, login, enabled from users where id = :key
    policy: select * from policy
    statements:
      disable:
        do: update users set enabled = 0 where id = :key
        undo: update users set enabled = :old_enabled where id = :key
  - {id: vpn, type: csv, file: ${vpn}}
`;

function review(name: string, operation: string, more: string, vpn = 'vpn.csv'): void {
  writeFileSync(
    join(dir, `${name}.yaml`),
    `apiVersion: oaops/v1
kind: AccountReview
metadata: {name: ${name}, version: 1.0.0, title: Accounts, owner: tests}
spec:
  operation: ${operation}
  sources:
    - {id: hr, type: csv, file: hr.csv}
  roles: {matrix: [{department: 技术部, post: '*', rights: {oa: [dev, wiki]}}]}
  directories:${directories(vpn).replaceAll('\n', '\n  ')}
${more}`,
  );
}

function run(text: string): string {
  return /\b\d{8}T\d{6}Z-[0-9a-f]{8}\b/.exec(text)![0];
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oaops-account-'));
  writeFileSync(join(dir, 'config.yaml'), `timeZone: Asia/Shanghai\nrunbooks: [${dir}]\n`);
  writeFileSync(
    join(dir, 'hr.csv'),
    'id,name,login,department,post,status,endsOn\n1001,张三,zhangsan,财务部,会计,在职,\n1002,李四,lisi,财务部,出纳,离职,2020-10-31\n1003,王五,wangwu,技术部,工程师,在职,\n',
  );
  writeFileSync(join(dir, 'vpn.csv'), 'key,login,employee,enabled\nv1,zhangsan,1001,1\nv2,ghost,,1\n');
  const db = new Database(join(dir, 'oa.db'));
  db.exec(`create table users (id text primary key, login text, employee text, enabled int, mfa int, last text);
    insert into users values ('1', 'zhangsan', '1001', 1, 1, '2026-11-20'), ('2', 'lisi', '1002', 1, 1, null), ('3', 'wangwu', '1003', 1, 0, null);
    create table roles (user text, role text);
    insert into roles values ('1', 'dev'), ('3', 'dev');
    create table policy (rule text, value text, unit text);
    insert into policy values ('min-length', '8', 'characters');`);
  db.close();
  review('account-audit', 'audit', '');
  review('unmade', 'audit', '');
  const unmade = join(dir, 'unmade.yaml');
  writeFileSync(unmade, readFileSync(unmade, 'utf8').replace(/roles: .*/, 'roles: {file: gone/roles.csv}'));
  review('half', 'audit', '', 'missing.csv');
  review(
    'clean',
    'cleanup',
    '  cleanup: {rules: [{finding: leaver, do: [disable], deleteAfter: 30d}], sign: none}\n  caps: {share: 100%, refuse: 100%}\n',
  );
  review('policy', 'policy', '  only: [oa]\n  policies: {required: {minLength: 12, secondFactor: privileged}}\n');
  audit = run((await account('audit')).stdout);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('an audit tells what it found, and is shown again from the record', async () => {
  const again = await account('show', audit);
  expect(again).toMatchObject({ exitCode: 0, stderr: '' });
  expect(again.stdout).toMatch(/account of a leaver \(severe\): 1\n.*\n {2}lisi +oa +left on 2020-10-31/);
  expect(Math.max(...again.stdout.split('\n').map(displayWidth))).toBeLessThanOrEqual(80);
  const chinese = await account('show', audit, '--lang', 'zh-CN', '--finding', 'leaver');
  expect(chinese.stdout).toContain('仅显示部分内容：发现：离职账号');
  expect(chinese.stdout).toContain('已于 2020-10-31 离职');
});

test('a file is written whole, by its ending; standard output holds the report alone', async () => {
  const csv = await account('show', audit, '--out', 'report.csv');
  expect(csv.stdout).toContain('the report is in');
  expect(readFileSync(join(dir, 'report.csv'), 'utf8')).toMatch(/^\ufeffWeight,Finding,/);
  expect(JSON.parse((await account('audit', '--format', 'json')).stdout)).toMatchObject({ runbook: 'account-audit' });
  const refused = await account('show', audit, '--out', 'config.yaml/report.html');
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.stderr).toContain('cannot be written');
});

test('an audit that comes to no report leaves standard output empty for a program, and says why', async () => {
  const text = await account('audit', 'unmade');
  expect(text.exitCode).not.toBe(0);
  for (const format of ['json', 'csv']) {
    const { exitCode, stdout, stderr } = await account('audit', 'unmade', '--format', format);
    expect({ exitCode, stdout }).toEqual({ exitCode: text.exitCode, stdout: '' });
    expect(stderr).toContain('roles.csv');
  }
  const json = await account('audit', 'unmade', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ report: null, message: expect.stringContaining('roles.csv') });
});

test('a directory that did not answer never looks like a clean one', async () => {
  const half = await account('audit', 'half');
  expect(half.exitCode).toBe(3);
  expect(half.stdout).toMatch(
    /NOT READ OR NOT JUDGED \(1\)[\s\S]*vpn was not read[\s\S]*vpn +\? +\? +\? +\? +\? +NOT READ/,
  );
  const look = await account('show', 'ghost', '--runbook', 'half');
  expect(look.exitCode).toBe(3);
  expect(look.stderr).toContain('Not everything was read: vpn was not read');
});

test('a person as the sources and directories know them now', async () => {
  const { exitCode, stdout } = await account('show', '1003', '--json');
  expect(exitCode).toBe(0);
  const look = JSON.parse(stdout);
  expect(look.people).toMatchObject([{ id: '1003', name: '王五', employment: 'active' }]);
  expect(look.accounts).toMatchObject([
    { directory: 'oa', login: 'wangwu', now: { state: 'enabled', match: 'by employee' } },
  ]);
  expect(look.accounts[0].now.rights).toEqual([
    { right: 'dev', held: true, due: true, because: ['技术部 / * (matrix row 1)'] },
    { right: 'wiki', held: false, due: true, because: ['技术部 / * (matrix row 1)'] },
  ]);
  const byName = await account('show', '张三', '--lang', 'zh-CN');
  expect(byName.stdout).toMatch(/账号 zhangsan \(oa\)[\s\S]*超出岗位[\s\S]*账号 zhangsan \(vpn\)/);
  const nobody = await account('show', 'nobody');
  expect(nobody).toMatchObject({ exitCode: 2, stdout: '' });
});

test('what was changed, by which run, until when it is held, and what was taken back', async () => {
  const done = await account('cleanup', 'clean', '--yes');
  expect(done.exitCode, done.stdout + done.stderr).toBe(0);
  cleanup = run(done.stdout);
  const shown = await account('show', 'clean');
  expect(shown.stdout).toMatch(/Accounts of the plan: 1 \(done 1\)\n\[done\] lisi \(oa\), 1002/);
  const held = JSON.parse((await account('show', 'lisi', '--recorded', '--json')).stdout);
  expect(held).toMatchObject({ fresh: false, accounts: [{ login: 'lisi', hold: { state: 'held', run: cleanup } }] });
  const [{ hold, history }] = held.accounts;
  expect(Date.parse(hold.deletableFrom) - Date.parse(hold.since)).toBe(30 * 86_400_000);
  expect(history).toMatchObject([{ run: cleanup, runbook: 'clean', change: 'disable', cutOff: false }]);

  const undone = await account('undo', cleanup, '--yes');
  expect(undone.exitCode, undone.stdout + undone.stderr).toBe(0);
  const back = JSON.parse((await account('show', cleanup, '--json')).stdout);
  expect(back.entries).toMatchObject([{ login: 'lisi', state: 'restored', restored: { by: run(undone.stdout) } }]);
  const latest = JSON.parse((await account('show', '--json')).stdout);
  expect(latest).toMatchObject({ runbook: 'account undo', entries: [{ login: 'lisi', state: 'restored' }] });
  const account2 = JSON.parse((await account('show', 'lisi', '--json')).stdout).accounts[0];
  expect(account2).toMatchObject({ now: { state: 'enabled' }, hold: { state: 'restored' } });
});

test('a rule for passwords that is weaker than required fails the run, and is told', async () => {
  const { exitCode, stdout } = await account('audit', 'policy');
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/weaker than required +oa +minimum length +8 characters/);
  expect(stdout).toMatch(/weaker than required +oa +second factor bound +0 of 1 accounts/);
  const db = new Database(join(dir, 'oa.db'));
  db.exec("update policy set value = '14'; update users set mfa = 1");
  db.close();
  const after = await account('audit', 'policy');
  expect(after.exitCode, after.stdout).toBe(0);
  expect(after.stdout).toContain('14 characters (before 8 characters)');
});

test('what scripts read has the agreed shape', async () => {
  const shapes: Record<string, unknown> = {};
  for (const [name, args] of Object.entries({
    'show RUN': ['show', cleanup],
    'show PERSON': ['show', '1003'],
    'show ACCOUNT --recorded': ['show', 'lisi', '--recorded'],
    audit: ['audit'],
  }))
    shapes[name] = shapeOf(JSON.parse((await account(...args, '--json')).stdout));
  if (process.env['OAOPS_UPDATE_GOLDEN']) writeFileSync(golden, `${JSON.stringify(shapes, null, 2)}\n`);
  expect(shapes).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
});
