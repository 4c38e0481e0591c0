import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { groups, hold, oaEntries, operator, operatorPassword, people, startOaDirectory } from './oa-directory.ts';
import { type Ended, runOaops } from './oaops.ts';
import type { LdapServer } from './slapd.ts';

const program = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

/** A row of the roster: employee number, name, login, and the last day of whoever has left. */
export type RosterRow = [id: string, name: string, login: string, endsOn?: string];

/** What `--json` prints of a run that changes accounts. */
export interface CleanupEnd {
  run: string;
  status: string;
  summary: string;
  lines: string[];
  changed: number;
  /** Why it did not end well. */
  message?: string;
  next?: string;
  left: number;
}

/** A company in a folder of its own: configuration, accounts file, rosters, runbooks, state. */
export class AccountsCompany {
  readonly dir = mkdtempSync(join(tmpdir(), 'oaops-company-'));
  readonly #keys: string[] = [];
  #ahead: Record<string, string> = {};

  constructor(company: Record<string, unknown>, config: Record<string, unknown> = {}) {
    this.write('ldap.pw', operatorPassword);
    this.company(company);
    this.write(
      'config.yaml',
      JSON.stringify({ accounts: join(this.dir, 'accounts.yaml'), timeZone: 'UTC', ...config }),
    );
    this.runbook('leavers', { cleanup: { sign: 'none', rules: [{ finding: 'leaver' }] } });
  }

  configure(config: Record<string, unknown>): void {
    this.write('config.yaml', JSON.stringify({ accounts: this.path('accounts.yaml'), timeZone: 'UTC', ...config }));
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  /** `ageMs`: so long ago it was changed. */
  write(name: string, content: string | Uint8Array, ageMs = 0): string {
    const path = this.path(name);
    writeFileSync(path, content, { mode: 0o600 });
    const at = new Date(Date.now() - ageMs);
    utimesSync(path, at, at);
    return path;
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  company(company: Record<string, unknown>): void {
    this.write('accounts.yaml', JSON.stringify(company));
  }

  roster(rows: readonly RosterRow[], name = 'roster.csv'): void {
    this.write(name, rosterText(rows));
  }

  /** An account review of this name in the folder. */
  runbook(name: string, spec: Record<string, unknown>): string {
    const metadata = { name, version: '1.0.0', title: name, owner: 'tests', procedures: ['AC-04'] };
    const document = {
      apiVersion: 'oaops/v1',
      kind: 'AccountReview',
      metadata,
      spec: { operation: 'cleanup', ...spec },
    };
    return this.write(`${name}.yaml`, JSON.stringify(document));
  }

  /** Lets these people sign; their keys lie in the folder by their names. */
  signers(...names: string[]): string {
    mkdirSync(this.path('keys'), { mode: 0o700, recursive: true });
    for (const name of names) {
      const file = this.path(`keys/${name}`);
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
      this.#keys.push(`${name} namespaces="oaops-approval" ${readFileSync(`${file}.pub`, 'utf8')}`);
    }
    const allowed = this.path('keys/allowed');
    writeFileSync(allowed, this.#keys.join(''), { mode: 0o644 });
    return allowed;
  }

  /** From now on commands run so many days later. */
  passDays(days: number): void {
    const library = execFileSync('faketime', ['-f', '+0d', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim();
    this.#ahead = { LD_PRELOAD: library, FAKETIME: `+${days}d`, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  }

  get env(): Record<string, string> {
    return { HOME: this.dir, OAOPS_STATE_DIR: this.path('state'), OAOPS_CONFIG: this.path('config.yaml') };
  }

  /** With PATH of cron and nothing of the environment of the tests. */
  oaops(...args: string[]): Promise<Ended> {
    const env = { PATH: '/usr/bin:/bin', NODE_DISABLE_COMPILE_CACHE: '1', ...this.#ahead, ...this.env };
    return runOaops(args, { env, bare: true, cwd: this.dir });
  }

  /** A run whose end is printed as JSON. */
  async run(...args: string[]): Promise<Ended & { end: CleanupEnd }> {
    const ended = await this.oaops(...args, '--json');
    return { ...ended, end: (ended.stdout === '' ? {} : JSON.parse(ended.stdout)) as CleanupEnd };
  }

  /** What a terminal gets of a command. @throws when it does not end with 0 */
  atTerminal(...args: string[]): string {
    const command = [process.execPath, program, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    const env = { PATH: '/usr/bin:/bin', TERM: 'xterm', ...this.env };
    return execFileSync('script', ['-qec', `stty cols 250; ${command}`, '/dev/null'], {
      env,
      cwd: this.dir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  cleanup(...args: string[]) {
    return this.run('account', 'cleanup', './leavers.yaml', ...args);
  }

  undo(run: string, ...args: string[]) {
    return this.run('account', 'undo', run, ...args);
  }

  /** Starts a command and kills it with all that it started as soon as `when` says so; true: it was killed. */
  async killed(when: () => boolean, ...args: string[]): Promise<boolean> {
    const child = spawn(process.execPath, [program, ...args], {
      env: { PATH: '/usr/bin:/bin', ...this.env },
      cwd: this.dir,
      stdio: 'ignore',
    });
    const ended = new Promise<NodeJS.Signals | null>((resolve) =>
      child.on('close', (_code, signal) => resolve(signal)),
    );
    let over = false;
    void ended.then(() => {
      over = true;
    });
    while (!over) {
      if (when()) child.kill('SIGKILL');
      await new Promise(setImmediate);
    }
    return (await ended) === 'SIGKILL';
  }

  /** Starts a command and does something once, as soon as `when` says so. */
  async during(when: () => boolean, act: () => void, ...args: string[]): Promise<{ exitCode: number | null }> {
    const child = spawn(process.execPath, [program, ...args], {
      env: { PATH: '/usr/bin:/bin', ...this.env },
      cwd: this.dir,
      stdio: 'ignore',
    });
    let over = false;
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve)).then((exitCode) => {
      over = true;
      return exitCode;
    });
    let acted = false;
    while (!over) {
      if (!acted && when()) {
        acted = true;
        act();
      }
      await new Promise(setImmediate);
    }
    return { exitCode: await ended };
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function rosterText(rows: readonly RosterRow[], header = '工号,姓名,账号,离职日期'): string {
  return `${[header, ...rows.map(([id, name, login, endsOn = '']) => [id, name, login, endsOn].map(cell).join(','))].join('\n')}\n`;
}

function cell(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const memberless = /^dn: cn=only,/;

/** OpenLDAP with so many more people p0, p1 ...; each of them is in two groups. */
export function startLdap(count: number, more: Parameters<typeof startOaDirectory>[0] & { entries?: string[] } = {}) {
  const names = Array.from({ length: count }, (_, index) => `p${index}`);
  const entries = names.map(
    (name, index) =>
      `dn: uid=${name},${people}\nobjectClass: inetOrgPerson\nuid: ${name}\nsn: x\ncn: ${name}\nuserPassword: secret\nemployeeNumber: E${2000 + index}\n`,
  );
  const group = (name: string) =>
    `dn: cn=${name},${groups}\nobjectClass: groupOfNames\ncn: ${name}\n${['user0', ...names].map((login) => `member: uid=${login},${people}\n`).join('')}`;
  const own = [...oaEntries.filter((entry) => !memberless.test(entry)), ...entries, group('all'), group('wiki')];
  return startOaDirectory({ ...more, entries: [...own, ...(more.entries ?? [])] });
}

export function ldapDirectory(server: Pick<LdapServer, 'url'>, file: string, more: object = {}): object {
  const login = { url: server.url, bindDn: operator, password: `file:${file}`, timeout: '5s' };
  return { id: 'ldap', type: 'openldap', ...login, base: people, groupBase: groups, holdBase: hold, ...more };
}
