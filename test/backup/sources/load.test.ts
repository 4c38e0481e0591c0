import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LoadRequest, type LoadResult, loadDump } from '../../../src/backup/sources/load/load.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { makeRepositoryIn } from '../../helpers/backing-up.ts';
import { backUpDumps, dumpDoor } from '../../helpers/dumping.ts';
import { eventually } from '../../helpers/eventually.ts';
import { startHosts, type TestHosts } from '../../helpers/hosts.ts';
import { type MariadbServer, startMariadb } from '../../helpers/mariadb.ts';
import { needs } from '../../helpers/needs.ts';
import { type PostgresServer, startPostgres } from '../../helpers/postgres.ts';
import { openDirectoryRepository } from '../../helpers/restoring.ts';
import { type LdapServer, startSlapd, suffix } from '../../helpers/slapd.ts';

const secrets = { PW: `p"a's\\s $word` };

describe('loading dumps into new databases', () => {
  let dir: string;
  let repo: string;
  let hosts: TestHosts;
  let postgres: PostgresServer;
  let mariadb: MariadbServer;
  let slapd: LdapServer;

  beforeEach(needs('sshd', 'psql', 'postgres', 'mariadbd', 'slapd', 'sqlite3'));
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-load-'));
    repo = join(dir, 'repo');
    await makeRepositoryIn([repo], 'none');
    [hosts, postgres, mariadb, slapd] = await Promise.all([
      startHosts(),
      startPostgres({ withPassword: ['dumper'] }),
      startMariadb(),
      startSlapd(50),
    ]);
    postgres.sql(
      'postgres://x/postgres',
      `create role dumper login superuser password '${secrets.PW.replaceAll("'", "''")}'; create database oa;`,
    );
    postgres.sql(
      'postgres://x/oa',
      `create table bills as select i, md5(i::text) t from generate_series(1, 30000) i; create table "空 Table"();
       create schema s; create table s.more as select generate_series(1, 7);`,
    );
    mariadb.sql(
      `create database finance character set utf8mb4; create user dumper@'127.0.0.1' identified by '${secrets.PW.replaceAll('\\', '\\\\').replaceAll("'", "''")}'; grant all on *.* to dumper@'127.0.0.1'`,
    );
    mariadb.sql(
      `create table bills (i int, t text); insert into bills select seq, concat('账单', seq) from seq_1_to_20000; create table \`odd \\\`name\` (i int); insert into \`odd \\\`name\` values (1), (2);`.replaceAll(
        '\\`',
        '``',
      ),
      'finance',
    );
    execFileSync('sqlite3', [
      join(dir, 'oa.sqlite'),
      'create table bills(i); insert into bills select value from generate_series(1, 5000); create table "o""dd"(x); insert into "o""dd" values (1);',
    ]);
    const pg = {
      type: 'postgres',
      address: '127.0.0.1',
      port: postgres.port,
      user: 'dumper',
      password: 'env:PW',
      databases: ['oa'],
    };
    const result = await backUpDumps(
      [
        { ...pg, id: 'pg' },
        { ...pg, id: 'pg-plain', format: 'plain', globals: false },
        { ...pg, id: 'pg-all', databases: 'all' },
        {
          type: 'mysql',
          id: 'my',
          address: '127.0.0.1',
          port: mariadb.port,
          user: 'dumper',
          password: 'env:PW',
          databases: ['finance'],
        },
        { type: 'sqlite', id: 'lite', file: join(dir, 'oa.sqlite') },
        { type: 'ldap', id: 'people', configFolder: slapd.configFolder },
        { type: 'command', id: 'list', argv: ['seq', '1', '500000'] },
      ],
      [repo],
      dumpDoor(hosts, secrets),
      { state: join(dir, 'state') },
    );
    expect(result.problems).toEqual([]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([hosts?.stop(), postgres?.stop(), mariadb?.stop(), slapd?.stop()]);
    rmSync(dir, { recursive: true, force: true });
  });

  type Asked = Omit<LoadRequest, 'snapshot' | 'target'> & {
    target: Partial<LoadRequest['target']> & { database: string };
  };
  async function load(asked: Asked, far = false): Promise<LoadResult> {
    const { host, secret, redact } = dumpDoor(hosts, secrets);
    const signal = new AbortController().signal;
    const place = {
      host: await host(far ? 'far' : undefined, signal),
      secret,
      redact,
      clock: systemClock,
      random: systemRandom,
      signal,
    };
    const repository = await openDirectoryRepository(repo);
    return loadDump(repository, { ...asked, snapshot: 'latest', target: { replace: false, ...asked.target } }, place);
  }
  const pgTarget = () => ({ address: '127.0.0.1', port: postgres.port, user: 'dumper', password: 'env:PW' });
  const myTarget = () => ({ address: '127.0.0.1', port: mariadb.port, user: 'dumper', password: 'env:PW' });

  describe.each([
    ['here', false],
    ['over ssh', true],
  ])('%s', (_, far) => {
    const name = (text: string) => `${text} '"\`${far ? 'far' : 'here'}`;

    it.each(['pg', 'pg-plain'])('PostgreSQL (%s)', async (source) => {
      const database = name(source);
      const result = await load({ as: 'postgres', source, target: { ...pgTarget(), database } }, far);
      expect(result).toMatchObject({ source, from: 'oa', database, tables: 3, rows: 30_007 });
      const again = load({ as: 'postgres', source, target: { ...pgTarget(), database } }, far);
      await expect(again).rejects.toMatchObject({ code: 'database-exists', exitCode: 4 });
      const replaced = await load({ as: 'postgres', source, target: { ...pgTarget(), database, replace: true } }, far);
      expect(replaced.rows).toBe(30_007);
    });

    it('MariaDB', async () => {
      const database = name('my');
      const result = await load({ as: 'mysql', source: 'my', target: { ...myTarget(), database } }, far);
      expect(result).toMatchObject({ from: 'finance', tables: 2, rows: 20_002 });
      const again = load({ as: 'mysql', source: 'my', target: { ...myTarget(), database } }, far);
      await expect(again).rejects.toMatchObject({ code: 'database-exists', exitCode: 4 });
    });

    it('SQLite', async () => {
      const database = join(dir, name('copy.sqlite'));
      const result = await load({ as: 'sqlite', source: 'lite', target: { database } }, far);
      expect(result).toMatchObject({ tables: 2, rows: 5001 });
      const again = load({ as: 'sqlite', source: 'lite', target: { database } }, far);
      await expect(again).rejects.toMatchObject({ code: 'database-exists' });
      writeFileSync(database, 'something else');
      await load({ as: 'sqlite', source: 'lite', target: { database, replace: true } }, far);
      expect(execFileSync('sqlite3', [database, 'select count(*) from bills'], { encoding: 'utf8' })).toBe('5000\n');
    });

    it('OpenLDAP, with its configuration', async () => {
      const database = join(dir, far ? 'ldap-far' : 'ldap-here');
      const result = await load({ as: 'ldap', source: 'people', target: { database } }, far);
      expect(result).toMatchObject({ from: suffix, entries: 52 });
      expect(readdirSync(database).sort()).toEqual(['data-1', 'slapd.d']);
      const again = load({ as: 'ldap', source: 'people', target: { database } }, far);
      await expect(again).rejects.toMatchObject({ code: 'database-exists' });
      const replaced = await load({ as: 'ldap', source: 'people', target: { database, replace: true } }, far);
      expect(replaced.entries).toBe(52);
    });

    it('a command', async () => {
      const file = join(dir, far ? 'far.txt' : 'here.txt');
      const argv = ['/bin/sh', '-c', `cat > ${file}`];
      await load({ as: 'command', source: 'list', target: { database: '', argv } }, far);
      expect(execFileSync('sha256sum', [file], { encoding: 'utf8' }).slice(0, 64)).toBe(
        execFileSync('/bin/sh', ['-c', 'seq 1 500000 | sha256sum'], { encoding: 'utf8' }).slice(0, 64),
      );
    });

    it('a loader that fails', async () => {
      const failing = (script: string) =>
        load({ as: 'command', source: 'list', target: { database: '', argv: ['/bin/sh', '-c', script] } }, far);
      await expect(failing('head -c 10 >/dev/null; echo "error: no room" >&2; exit 3')).rejects.toThrow(
        '/bin/sh ended with exit code 3: error: no room',
      );
      await expect(failing('head -c 10 >/dev/null; exit 0')).rejects.toThrow(/has not read the dump to its end/);
    });

    it('a password that is wrong', async () => {
      const target = { ...pgTarget(), user: 'dumper', password: 'env:WRONG', database: 'never' };
      const { host, redact } = dumpDoor(hosts);
      const signal = new AbortController().signal;
      const repository = await openDirectoryRepository(repo);
      const place = {
        host: await host(far ? 'far' : undefined, signal),
        secret: async () => 'wrong',
        redact,
        clock: systemClock,
        random: systemRandom,
        signal,
      };
      const request = {
        snapshot: 'latest',
        as: 'postgres',
        source: 'pg',
        target: { ...target, replace: false },
      } as const;
      await expect(loadDump(repository, request, place)).rejects.toThrow(/password authentication failed/);
    });
  });

  it('a connection that is lost in the middle is never a success', async () => {
    const begun = join(dir, 'begun');
    // It would end well with the half that it got.
    const argv = ['/bin/sh', '-c', `head -c 1000 >/dev/null; touch ${begun}; sleep 1; cat >/dev/null; exit 0`];
    const running = load({ as: 'command', source: 'list', target: { database: '', argv } }, true);
    running.catch(() => undefined);
    await eventually(() => existsSync(begun));
    hosts.sshd.dropConnections();
    await expect(running).rejects.toMatchObject({ code: 'session-lost' });
  });

  it('names what can be chosen from', async () => {
    const several = load({ as: 'postgres', source: 'pg-all', target: { ...pgTarget(), database: 'x' } });
    await expect(several).rejects.toMatchObject({
      code: 'dump-ambiguous',
      next: expect.stringContaining('oa, postgres'),
    });
    await expect(load({ as: 'postgres', source: 'nope', target: { database: 'x' } })).rejects.toMatchObject({
      code: 'source-missing',
    });
    await expect(load({ as: 'mysql', source: 'pg', target: { database: 'x' } })).rejects.toMatchObject({
      code: 'source-of-another-type',
    });
    const one = await load({
      as: 'postgres',
      source: 'pg-all',
      from: 'oa',
      target: { ...pgTarget(), database: 'chosen' },
    });
    expect(one.rows).toBe(30_007);
  });

  it('a pack that is damaged ends the load; nothing that is not right is loaded, and SQL is taken back as a whole', async () => {
    const copy = join(dir, 'damaged');
    execFileSync('cp', ['-a', repo, copy]);
    for (const folder of readdirSync(join(copy, 'packs')))
      for (const pack of readdirSync(join(copy, 'packs', folder))) {
        const file = join(copy, 'packs', folder, pack);
        truncateSync(file, 100);
      }
    const signal = new AbortController().signal;
    const { host, secret, redact } = dumpDoor(hosts, secrets);
    const place = {
      host: await host(undefined, signal),
      secret,
      redact,
      clock: systemClock,
      random: systemRandom,
      signal,
    };
    const request = {
      snapshot: 'latest',
      as: 'sqlite',
      source: 'lite',
      target: { database: join(dir, 'bad.sqlite'), replace: false },
    } as const;
    await expect(loadDump(await openDirectoryRepository(copy), request, place)).rejects.toMatchObject({ exitCode: 9 });
    expect(existsSync(join(dir, 'bad.sqlite'))).toBe(false);
  });
});
