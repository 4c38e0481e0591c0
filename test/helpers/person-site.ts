import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Operation } from '../../src/accounts/schema/spec.ts';
import { carryOut } from '../../src/app/accounts/carry-out.ts';
import { prepareAccounts } from '../../src/app/accounts/run.ts';
import { type App, openApp } from '../../src/app.ts';
import type { Prompts } from '../../src/cli/prompts.ts';
import { approveStep } from '../../src/engine/people/answers.ts';
import type { TestSmtp } from './smtp.ts';

const globals = { json: false, quiet: true, verbose: false, debug: false, color: false };
const dayMs = 86_400_000;

/** A day so many days from now, as it is written; the company's clocks show UTC. */
export function day(days: number): string {
  return new Date(Date.now() + days * dayMs).toISOString().slice(0, 10);
}

/** One directory: the tables of a system in SQLite, with every change that there is. */
export function sqliteDirectory(id: string, file: string, without: readonly string[] = []): object {
  const role = '(select id from t_role where code = :right)';
  const taken = `delete from t_user_role where user_id = :key and role_id = ${role}`;
  const given = `insert into t_user_role (user_id, role_id) values (:key, ${role})`;
  const statements: Record<string, object> = {
    disable: {
      do: "update t_user set status = 'off' where id = :key",
      undo: 'update t_user set status = :old_status where id = :key',
    },
    strip: { do: taken, undo: given },
    grant: { do: given, undo: taken },
    hold: {
      do: "update t_user set status = 'held' where id = :key",
      undo: "update t_user set status = 'off' where id = :key",
    },
    update: {
      do: 'update t_user set dept = :department, post = :post where id = :key',
      undo: 'update t_user set dept = :old_dept, post = :old_post where id = :key',
    },
    create: {
      do: "insert into t_user (login, name, emp, mail, dept, post, status, pw, ends, made) values (:login, :name, :employee, :mail, :department, :post, 'on', :password, :expires_at, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
      undo: 'delete from t_user where login = :login',
    },
    delete: { do: 'delete from t_user where id = :key', undo: 'insert into t_user (id, login) values (:key, :login)' },
  };
  for (const name of without) delete statements[name];
  return {
    id,
    type: 'sql',
    url: `sqlite:${file}`,
    neverUsed: true,
    accounts:
      "select id as key, login, name as person_name, emp as employee, mail, dept as department, post, status = 'on' as enabled, status = 'held' as held, used as last_used_at, ends as expires_at, made as created_at from t_user",
    rights: 'select ur.user_id as key, r.code as right from t_user_role ur join t_role r on r.id = ur.role_id',
    look: 'select id, login, name, emp, mail, dept, post, status from t_user where id = :key',
    statements,
  };
}

export interface UserRow {
  login: string;
  emp?: string;
  mail?: string;
  dept?: string;
  post?: string;
  status?: 'on' | 'off' | 'held';
  used?: string;
  rights?: string[];
}

/** A company in a folder of its own: a roster, two systems with their users, a role matrix, heads with SSH keys. */
export class PersonSite {
  readonly dir = mkdtempSync(join(tmpdir(), 'oaops-person-'));
  readonly #apps: App[] = [];
  /** What the terminal was asked, and what it answers. */
  readonly asked: string[] = [];
  answer: (question: string) => boolean | Promise<boolean> = () => true;
  /** Everything that a run has shown, as events. */
  readonly events: string[] = [];

  readonly #env: Record<string, string>;

  /** `env`: secrets that the company names. */
  constructor(env: Record<string, string> = {}) {
    this.#env = env;
    mkdirSync(join(this.dir, 'keys'), { mode: 0o700 });
    for (const file of ['oa.db', 'crm.db']) {
      const db = new Database(join(this.dir, file));
      db.exec(`create table t_user (id integer primary key, login text unique, name text, emp text, mail text, dept text, post text, status text, pw text, used text, ends text, made text);
        create table t_role (id integer primary key, code text);
        create table t_user_role (user_id integer, role_id integer);
        insert into t_role (code) values ('read'), ('sell'), ('book'), ('extra'), ('free')`);
      db.close();
    }
    this.company();
    this.config();
  }

  /** Rows of the roster: id, name, login, mail, department, post, manager, status, first and last day. */
  roster(...rows: string[]): void {
    const header = 'id,name,login,mail,department,post,manager,status,startsOn,endsOn';
    writeFileSync(join(this.dir, 'roster.csv'), `${[header, ...rows].join('\n')}\n`);
  }

  company(over: Record<string, unknown> = {}): void {
    const matrix = [
      { department: '*', rights: { oa: ['read'] } },
      { department: '销售部', rights: { oa: ['sell'], crm: ['sell'] } },
      { department: '财务部', post: '会计', rights: { oa: ['book'] } },
    ];
    const company = {
      sources: [{ id: 'hr', type: 'csv', file: 'roster.csv' }],
      directories: [
        { ...sqliteDirectory('oa', join(this.dir, 'oa.db')), managed: ['read', 'sell', 'book', 'extra'] },
        sqliteDirectory('crm', join(this.dir, 'crm.db')),
      ],
      roles: { matrix },
      caps: { share: '50%', count: 50, refuse: '90%' },
      ...over,
    };
    writeFileSync(join(this.dir, 'accounts.yaml'), JSON.stringify(company));
  }

  config(over: Record<string, unknown> = {}): void {
    const config = { accounts: join(this.dir, 'accounts.yaml'), timeZone: 'UTC', ...over };
    writeFileSync(join(this.dir, 'config.yaml'), JSON.stringify(config));
  }

  /** Keys of people who may sign, by the names in the file of allowed signers. */
  signers(...names: string[]): { approvals: { allowedSigners: string } } {
    const lines = names.map((name) => {
      const file = this.key(name);
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
      return `${name} namespaces="oaops-approval" ${readFileSync(`${file}.pub`, 'utf8')}`;
    });
    const allowedSigners = join(this.dir, 'keys/allowed');
    writeFileSync(allowedSigners, lines.join(''), { mode: 0o644 });
    return { approvals: { allowedSigners } };
  }

  key(name: string): string {
    return join(this.dir, 'keys', name);
  }

  channel({ port }: Pick<TestSmtp, 'port'>): Record<string, unknown> {
    const mail = {
      type: 'smtp',
      host: '127.0.0.1',
      port,
      security: 'none',
      from: 'oa@oa.example',
      to: ['it@oa.example'],
    };
    return { notify: { channels: { mail } } };
  }

  user(file: 'oa' | 'crm', { rights = [], ...row }: UserRow): void {
    const db = new Database(join(this.dir, `${file}.db`));
    const values = { emp: null, mail: null, dept: null, post: null, status: 'on', used: null, ...row };
    const { lastInsertRowid } = db
      .prepare(
        'insert into t_user (login, name, emp, mail, dept, post, status, used) values (@login, @login, @emp, @mail, @dept, @post, @status, @used)',
      )
      .run(values);
    for (const right of rights)
      db.prepare('insert into t_user_role select ?, id from t_role where code = ?').run(lastInsertRowid, right);
    db.close();
  }

  /** `zhang on 销售部/代表 read,sell`, one an account. */
  users(file: 'oa' | 'crm'): string[] {
    const rows = this.query<{ id: number; login: string; status: string; dept: string | null; post: string | null }>(
      file,
      'select * from t_user order by login',
    );
    return rows.map(({ id, login, status, dept, post }) => {
      const rights = this.query<{ code: string }>(
        file,
        `select code from t_role where id in (select role_id from t_user_role where user_id = ${id}) order by code`,
      );
      return `${login} ${status} ${dept ?? '-'}/${post ?? '-'} ${rights.map(({ code }) => code).join() || '-'}`;
    });
  }

  query<T>(file: 'oa' | 'crm', sql: string): T[] {
    const db = new Database(join(this.dir, `${file}.db`));
    try {
      return db.prepare(sql).all() as T[];
    } finally {
      db.close();
    }
  }

  /** As a process of its own: nothing that an earlier one had read is known. */
  app(): App {
    const env = {
      PATH: process.env['PATH'] ?? '',
      ...this.#env,
      HOME: this.dir,
      OAOPS_STATE_DIR: join(this.dir, 'state'),
      OAOPS_CONFIG: join(this.dir, 'config.yaml'),
    };
    const app = openApp(globals, { env });
    this.#apps.push(app);
    return app;
  }

  /** Who asks for the runs of the test. */
  async actor(): Promise<string> {
    return (await this.app().runs()).actor;
  }

  async plan(operation: Operation, inputs: Record<string, string>, app = this.app()) {
    const runbook = { open: 'account-opening', change: 'account-transfer', revoke: 'account-leaver' }[
      operation as 'open'
    ];
    const given = Object.entries(inputs).map(([name, value]) => `${name}=${value}`);
    return prepareAccounts(app, [operation], { runbook, inputs: given });
  }

  /** `terminal: false`: nobody can be asked. */
  async run(operation: Operation, inputs: Record<string, string>, { terminal = true }: { terminal?: boolean } = {}) {
    const app = this.app();
    const prepared = await this.plan(operation, inputs, app);
    return carryOut(app, prepared, { lang: 'en', ...this.show(terminal) });
  }

  async resume(run: string, { terminal = true }: { terminal?: boolean } = {}) {
    const { withEngine } = await import('../../src/app/run-command.ts');
    const app = this.app();
    return withEngine(app, this.show(terminal), (engine, { stop, kill }) => engine.resume(run, { stop, kill }));
  }

  async undo(run: string) {
    const { withEngine } = await import('../../src/app/run-command.ts');
    return withEngine(this.app(), this.show(false), (engine, { stop, kill }) => engine.undo(run, { stop, kill }));
  }

  async approve(run: string, step: string, name: string): Promise<unknown> {
    const app = this.app();
    const deps = await (await app.runs()).deps({ sink: () => undefined });
    return approveStep(deps, { run, step, keyFile: this.key(name), expiresMs: 3_600_000 });
  }

  show(terminal: boolean) {
    return {
      renderer: async () => ({ sink: (event: unknown) => void this.events.push(JSON.stringify(event)) }),
      ...(terminal ? { prompts: () => this.#prompts() } : {}),
    };
  }

  #prompts(): Prompts {
    const confirm = async (question: string) => {
      this.asked.push(question);
      return this.answer(question);
    };
    return { confirm, input: async () => '' } as unknown as Prompts;
  }

  /** Names of files below the state folder, and of all others but the databases, that hold a text. */
  filesWith(text: string): string[] {
    const files = readdirSync(this.dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = Buffer.from(text);
    return files
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((file) => !/(oa|crm)\.db$/.test(file) && readFileSync(file).includes(bytes));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const app of this.#apps) await app[Symbol.asyncDispose]();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
