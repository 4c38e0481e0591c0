import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Ended, runOaops } from './oaops.ts';

/** What a command prints with --json, as far as tests read it. */
export interface Told {
  run: string;
  status: string;
  open: string[];
  lines: Record<string, unknown>[];
  toConfirm: Record<string, unknown>[];
  missing: Record<string, unknown>[];
  files: Record<string, unknown>[];
  [other: string]: unknown;
}

/** A company of a few people whose accounts are in tables of SQLite, with runbooks for it. */
export class AccountSite {
  readonly dir: string;
  readonly env: Record<string, string>;

  constructor(dir: string, { config = '', notice = '' }: { config?: string; notice?: string } = {}) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true });
    writeFileSync(
      join(dir, 'config.yaml'),
      `timeZone: Asia/Shanghai\naccounts: ${join(dir, 'accounts.yaml')}\n${config}`,
    );
    this.env = {
      OAOPS_STATE_DIR: join(dir, 'state'),
      OAOPS_CONFIG: join(dir, 'config.yaml'),
      OAOPS_RUNBOOK_PATH: join(dir, 'runbooks'),
      LOGNAME: 'auditor',
    };
    writeFileSync(
      join(dir, 'roster.csv'),
      `id,name,login,mail,department,post,manager,status,endsOn
E1,Boss,boss,boss@oa.example,Management,head,,active,
E2,王小明,wang,wang@oa.example,Sales,clerk,E1,active,
E3,李雷,li,li@oa.example,Sales,clerk,E1,active,
E4,Zhao,zhao,zhao@oa.example,财务部,clerk,E6,active,
E5,Qian,qian,qian@oa.example,Sales,clerk,E1,left,2026-01-31
E6,Finance Head,fh,fh@oa.example,财务部,head,E1,active,
`,
    );
    const sql = new DatabaseSync(join(dir, 'oa.db'));
    sql.exec(`create table t_user (id integer primary key, login text, name text, emp text, dept text, status text);
      create table t_right (user_id integer, code text, primary key (user_id, code));
      insert into t_user values (1, 'boss', 'Boss', 'E1', 'Management', 'on'), (2, 'wang', '王小明', 'E2', 'Sales', 'on'),
        (3, 'li', '李雷', 'E3', 'Sales', 'on'), (4, 'zhao', 'Zhao', 'E4', '财务部', 'on'), (5, 'qian', 'Qian', 'E5', 'Sales', 'on'),
        (6, 'fh', 'Finance Head', 'E6', '财务部', 'on'), (7, 'lilei2', '李雷', null, 'Sales', 'on');
      insert into t_right values (2, 'crm'), (2, 'pay:approve'), (2, '=cmd|calc'), (3, 'crm'), (3, 'pay:approve'), (4, 'crm'), (4, 'pay:read');`);
    sql.close();
    writeFileSync(
      join(dir, 'accounts.yaml'),
      `sources:
  - {id: hr, type: csv, file: roster.csv}
directories:
  - id: oa
    type: sql
    url: sqlite:${join(dir, 'oa.db')}
    managed: ["*"]
    accounts: "select id as key, login, name as person_name, emp as employee, dept as department, status = 'on' as enabled from t_user"
    rights: 'select user_id as key, code as "right" from t_right'
    look: select id, login, name, emp, dept, status from t_user where id = :key
    statements:
      disable: {do: "update t_user set status = 'off' where id = :key", undo: "update t_user set status = :old_status where id = :key"}
      strip: {do: "delete from t_right where user_id = :key and code = :right", undo: "insert into t_right (user_id, code) values (:key, :right)"}
matching: {by: [employee, login, name+department]}
roles:
  matrix:
    - {department: Sales, rights: {oa: [crm]}}
    - {department: 财务部, rights: {oa: ["pay:read"]}}
    - {department: 财务部, post: head, rights: {oa: ["pay:approve"]}}
caps: {share: 100%, count: 100, refuse: 100%}
${notice}
`,
    );
    mkdirSync(join(dir, 'runbooks'));
    const runbook = (name: string, spec: string) =>
      writeFileSync(
        join(dir, 'runbooks', `${name}.yaml`),
        `apiVersion: oaops/v1
kind: AccountReview
metadata: {name: ${name}, version: 1.0.0, title: {en: ${name}}, owner: operations, procedures: []}
spec:
${spec}`,
      );
    runbook('rights', '  operation: review\n  review: {answerWithin: 10d}\n');
    runbook('leavers', '  operation: cleanup\n  cleanup: {rules: [{finding: leaver, do: [disable]}], sign: person}\n');
    runbook('audit', '  operation: audit\n');
  }

  oaops(...args: string[]): Promise<Ended> {
    return runOaops(args, { env: this.env, cwd: this.dir });
  }

  /** What it says at the end, as JSON; events of the run may stand before it. */
  async json(...args: string[]): Promise<{ exitCode: number | null; body: Told; stderr: string }> {
    const { exitCode, stdout, stderr } = await this.oaops(...args, '--json');
    return { exitCode, body: stdout === '' ? undefined : JSON.parse(stdout.slice(stdout.search(/^\{$/m))), stderr };
  }

  /** `wang: crm,pay:approve`, and `off` where it is disabled. */
  rights(): string[] {
    const sql = new DatabaseSync(join(this.dir, 'oa.db'), { readOnly: true });
    const rows = sql
      .prepare(`select login || ': ' || coalesce((select group_concat(code, ',' order by code) from t_right where user_id = id), '-')
        || iif(status = 'on', '', ' ' || status) as line from t_user order by id`)
      .all();
    sql.close();
    return rows.map(({ line }) => String(line));
  }

  /** What the audit chain says of lists, in order. */
  audited(): string[] {
    const sql = new DatabaseSync(join(this.dir, 'state/record/record.db'), { readOnly: true });
    const rows = sql.prepare("select action from audit where action like 'account.review.%' order by seq").all();
    sql.close();
    return rows.map(({ action }) => String(action));
  }

  read(file: string): string {
    return readFileSync(join(this.dir, file), 'utf8');
  }
}
