import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';

/**
 * `npm run demo:accounts`: 2,000 people in a roster and their accounts in the user table of an OA system, on nothing but files. 37 have left, one of them with a
 * protected account. A roster that was cut off is refused, the cap asks for a second person, the cleanup is killed and goes on, and an undo puts one person and then everybody back.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const demo = join(root, '.demo', 'accounts');
const program = join(root, 'bin/dev.js');
const color = process.stdout.isTTY === true && !process.env['NO_COLOR'];
const people = 2000;
const leavers = 37;
const env = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: demo,
  TERM: process.env['TERM'] ?? 'dumb',
  LANG: process.env['LANG'] ?? 'C.UTF-8',
  OAOPS_STATE_DIR: join(demo, 'state'),
  OAOPS_CONFIG: join(demo, 'config.yaml'),
  OAOPS_RUNBOOK_PATH: demo,
  ...(color ? {} : { NO_COLOR: '1' }),
};

/** The demo's only way to end badly. */
function claim(holds: boolean, what: string): void {
  if (!holds) {
    process.stderr.write(`demo: not so: ${what}\n`);
    process.exit(1);
  }
  console.log(`  ${what}`);
}

/** Shows a command as a user would type it, runs it, and ends the demo when it ends in another way than expected. */
function oaops(args: string[], expected = 0, more: Record<string, string> = {}): void {
  console.log(`\n$ oaops ${args.join(' ')}`);
  const { status } = spawnSync(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...env, ...more },
    cwd: demo,
  });
  claim(status === expected, `it ended with ${expected}`);
}

function open(): SqliteDatabase.Database {
  return new SqliteDatabase(join(demo, 'oa.db'));
}

/** Every row of the user table, for comparison. */
function rows(): string {
  using closing = closer();
  return JSON.stringify([
    closing.db.prepare('select * from t_user order by id').all(),
    closing.db.prepare('select * from t_role_user order by user_id, role').all(),
  ]);
}

function count(condition: string): number {
  using closing = closer();
  return (closing.db.prepare(`select count(*) as n from t_user where ${condition}`).get() as { n: number }).n;
}

function closer(): { db: SqliteDatabase.Database } & Disposable {
  const db = open();
  return { db, [Symbol.dispose]: () => void db.close() };
}

const departments = ['财务部', '行政部', '研发部', '销售部'];

function makeCompany(): void {
  const lines = ['工号,姓名,账号,邮箱,部门,岗位,直属上级,状态,离职日期'];
  using closing = closer();
  const { db } = closing;
  db.exec(`create table t_user (id integer primary key, login text unique, emp_no text, name text, mail text, dept text,
  post text, status integer, last_login text, created text);
create table t_role_user (user_id integer, role text)`);
  const user = db.prepare('insert into t_user values (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)');
  const role = db.prepare('insert into t_role_user values (?, ?)');
  db.transaction(() => {
    for (let i = 1; i <= people; i++) {
      const [id, department] = [`E${String(i).padStart(5, '0')}`, departments[i % departments.length]!];
      const left = i % 54 === 0 && i / 54 <= leavers;
      const facts = [`员工${i}`, `user${i}`, `user${i}@example.com`, department, '职员'];
      lines.push([id, ...facts, 'E00001', left ? '离职' : '在职', left ? '2026-10-31' : ''].join(','));
      user.run(i, facts[1], id, facts[0], facts[2], department, facts[4], '2026-10-20 08:00:00', '2020-01-01 00:00:00');
      role.run(i, 'staff');
      if (department === '财务部') role.run(i, 'finance');
    }
    user.run(people + 1, 'svc-mail', null, 'mail gateway', null, null, null, null, '2020-01-01 00:00:00');
  })();
  writeFileSync(join(demo, 'roster.csv'), `\ufeff${lines.join('\r\n')}\r\n`);
  writeFileSync(join(demo, 'roster-cut-off.csv'), `\ufeff${lines.slice(0, people / 10).join('\r\n')}\r\n`);
}

/** A key for the second person, and the file that says whose keys count. */
function makeSecondPerson(): string {
  const key = join(demo, 'second-person');
  const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'demo', '-f', key], {
    stdio: 'inherit',
  });
  claim(made.status === 0, 'a second person has an SSH key');
  const signers = join(demo, 'allowed_signers');
  writeFileSync(signers, `director@example.com ${readFileSync(`${key}.pub`, 'utf8')}`);
  chmodSync(signers, 0o600);
  return key;
}

const company = (roster: string, cap: number) => `sources:
  - {id: hr, type: csv, file: ${roster}}
directories:
  - id: oa
    type: sql
    url: sqlite:${join(demo, 'oa.db')}
    service: ["svc-*"]
    accounts: >-
      select id as key, login, emp_no as employee, mail, name as person_name, dept as department, post, status as enabled,
      created as created_at, last_login as last_used_at from t_user
    rights: select user_id as key, role as right from t_role_user
    look: select * from t_user where id = :key
    statements:
      disable:
        do: update t_user set status = 0 where id = :key
        undo: update t_user set status = :old_status where id = :key
      strip:
        do: delete from t_role_user where user_id = :key and role = :right
        undo: insert into t_role_user values (:key, :right)
caps: {count: ${cap}}
protected:
  - {account: user54, reason: kept for the lawyers}
`;

const runbook = `apiVersion: oaops/v1
kind: AccountReview
metadata:
  name: leavers
  version: 1.0.0
  title: {en: Disable the accounts of leavers, zh-CN: 停用离职人员账号}
  owner: operations
  procedures: [AC-04]
spec:
  operation: cleanup
  findings: [leaver]
  cleanup:
    sign: none
    rules:
      - {finding: leaver, do: [disable, strip]}
`;

rmSync(demo, { recursive: true, force: true });
mkdirSync(demo, { recursive: true, mode: 0o700 });
makeCompany();
const key = makeSecondPerson();
writeFileSync(join(demo, 'leavers.yaml'), runbook);
const configure = (roster: string, cap: number) => {
  writeFileSync(join(demo, 'accounts.yaml'), company(roster, cap));
};
writeFileSync(
  join(demo, 'config.yaml'),
  `accounts: accounts.yaml\ntimeZone: Asia/Shanghai\napprovals: {allowedSigners: allowed_signers}\n`,
  { mode: 0o600 },
);
configure('roster.csv', 20);
const before = rows();

console.log(`\n${people} people, ${leavers} of whom have left; their accounts are in the user table of an OA system.`);
oaops(['account', 'audit']);

console.log('\nA roster of which nine tenths are missing says that nobody is left. It is not believed:');
configure('roster-cut-off.csv', 20);
oaops(['account', 'cleanup', 'leavers', '--yes'], 4);
claim(rows() === before, 'nothing was changed');

console.log('\nThe right roster. There are more leavers than the cap of 20 allows, so a second person has to sign:');
configure('roster.csv', 20);
oaops(['account', 'cleanup', 'leavers', '--yes', '--quiet'], 6);
claim(rows() === before, 'nothing was changed yet');
oaops(['approve', 'latest', 'approve', '--key', key]);

console.log('\nIt goes on, and is killed with kill -9 in the middle:');
const killed = spawn(program, ['runs', 'resume', 'latest', '--quiet'], {
  env,
  cwd: demo,
  stdio: 'ignore',
  detached: true,
});
const ended = new Promise((resolve) => killed.once('exit', resolve));
while (count('status = 0') < 5) await new Promise((resolve) => setTimeout(resolve, 20));
process.kill(-killed.pid!, 'SIGKILL');
await ended;
claim(count('status = 0') < leavers - 1, `${count('status = 0')} accounts were disabled until then`);
oaops(['runs', 'resume', 'latest', '--quiet']);
claim(
  count('status = 0') === leavers - 1,
  `${leavers - 1} accounts are disabled; the protected one was left as it is, and told`,
);
claim(
  count("status = 0 and (login = 'user54' or login = 'svc-mail')") === 0,
  'neither the protected account nor that of a program was touched',
);

console.log('\nOne of them is back: its account is put back, then all others.');
oaops(['account', 'undo', 'leavers', '--account', 'user108', '--yes', '--quiet']);
claim(count("status = 1 and login = 'user108'") === 1, 'user108 can log in again');
oaops(['account', 'undo', 'leavers', '--yes', '--quiet']);
claim(rows() === before, 'the user table is what it was before, row by row');
oaops(['audit', 'verify']);
console.log('\nEverything is in the record: "oaops account show", "oaops runs list". It lies in .demo/accounts.');
