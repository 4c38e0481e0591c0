import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeRepositoryIn } from '../../helpers/backing-up.ts';
import { backUpDumps, dumpDoor, factsOf, restoredSource } from '../../helpers/dumping.ts';
import { startHosts, type TestHosts } from '../../helpers/hosts.ts';
import { type MariadbServer, startMariadb } from '../../helpers/mariadb.ts';
import { needs } from '../../helpers/needs.ts';
import { type PostgresServer, startPostgres } from '../../helpers/postgres.ts';
import { type LdapServer, rootDn, startSlapd, suffix } from '../../helpers/slapd.ts';

const password = 'p"a\'s\\s# $w;ord';

describe('sources, local and over ssh', () => {
  let dir: string;
  let hosts: TestHosts;
  let repo: string;
  let count = 0;

  beforeEach(needs('sshd', 'psql', 'postgres', 'mariadbd', 'slapd', 'sqlite3', 'ldapsearch'));
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-sources-'));
    hosts = await startHosts();
    repo = join(dir, 'repo');
    await makeRepositoryIn([repo], 'none');
  }, 60_000);
  afterAll(async () => {
    await hosts?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const setup = () => ({ state: join(dir, 'state') });
  const target = () => join(dir, `restored-${++count}`);
  const where = [
    ['here', undefined],
    ['over ssh', 'far'],
  ] as const;
  const at = (host: string | undefined) => (host === undefined ? {} : { host });

  describe('PostgreSQL', () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres({ withPassword: ['dumper'] });
      server.sql(
        'postgres://x/postgres',
        `create role dumper login superuser password '${password.replaceAll("'", "''")}'; create database "oa/财务 '1'";`,
      );
      server.sql(`postgres://x/postgres`, `create database plainoa;`);
      execFileSync(
        'psql',
        ['-X', '-q', '-h', '127.0.0.1', '-p', String(server.port), '-U', 'oaops', '-d', `dbname='oa/财务 \\'1\\''`],
        { input: `create table bills as select i as id, md5(i::text) as text from generate_series(1, 60000) i;` },
      );
    }, 60_000);
    afterAll(() => server?.stop());

    it.each(where)('every database and the roles: %s', async (_, host) => {
      const source = {
        type: 'postgres',
        id: 'oa-db',
        ...at(host),
        address: '127.0.0.1',
        port: server.port,
        user: 'dumper',
        password: 'env:PW',
      };
      const result = await backUpDumps([source], [repo], dumpDoor(hosts, { PW: password }), setup());
      expect(result.problems).toEqual([]);
      expect(result.exitCode).toBe(0);
      const folder = await restoredSource(repo, target(), 'oa-db');
      expect(readdirSync(folder).sort()).toEqual([
        'globals.pg_dumpall.sql',
        "oa%2f财务 '1'.dump",
        'plainoa.dump',
        'postgres.dump',
        'source.json',
      ]);
      const facts = factsOf(folder);
      expect(facts).toMatchObject({ type: 'postgres', id: 'oa-db', format: 'custom' });
      for (const { file, bytes, sha256 } of facts.dumps) {
        const content = readFileSync(join(folder, file));
        expect(content.length).toBe(bytes);
        expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
      }
      const list = execFileSync('pg_restore', ['--list', join(folder, "oa%2f财务 '1'.dump")], { encoding: 'utf8' });
      expect(list).toContain('TABLE DATA public bills');
      // The whole archive can be read: nothing of the rows is missing.
      const sql = execFileSync('pg_restore', ['-f', '-', join(folder, "oa%2f财务 '1'.dump")], { maxBuffer: 1e9 });
      expect(sql.toString()).toContain(`60000\t${createHash('md5').update('60000').digest('hex')}`);
      expect(readFileSync(join(folder, 'globals.pg_dumpall.sql'), 'utf8')).toContain('CREATE ROLE dumper');
    });

    it('plain SQL of one database, without the roles', async () => {
      const source = {
        type: 'postgres',
        id: 'plain',
        address: '127.0.0.1',
        port: server.port,
        user: 'oaops',
        databases: ['plainoa'],
        format: 'plain',
        globals: false,
        minBytes: '100B',
      };
      const result = await backUpDumps([source], [repo], dumpDoor(hosts), setup());
      expect(result.exitCode).toBe(0);
      const folder = await restoredSource(repo, target(), 'plain');
      expect(readdirSync(folder).sort()).toEqual(['plainoa.sql', 'source.json']);
    });
  });

  describe('MariaDB', () => {
    let server: MariadbServer;
    beforeAll(async () => {
      server = await startMariadb();
      server.sql(`create database finance character set utf8mb4; create database \`oa-1 x\`;
        create user dumper@'127.0.0.1' identified by '${password.replaceAll('\\', '\\\\').replaceAll("'", "''")}';
        grant all on *.* to dumper@'127.0.0.1';`);
      server.sql(
        `create table bills (id int primary key, text varchar(100), raw blob);
         insert into bills select seq, concat('账单', seq), unhex('00ff0a0d27') from seq_1_to_20000;
         create procedure total() select count(*) from bills;
         create trigger keep before insert on bills for each row set new.text = coalesce(new.text, '');
         create event nightly on schedule every 1 day do delete from bills where id < 0;`,
        'finance',
      );
    }, 90_000);
    afterAll(() => server?.stop());

    it.each(where)('every database, with routines, triggers and events: %s', async (_, host) => {
      const source = {
        type: 'mysql',
        id: 'oa-my',
        ...at(host),
        address: '127.0.0.1',
        port: server.port,
        user: 'dumper',
        password: 'env:PW',
      };
      const result = await backUpDumps([source], [repo], dumpDoor(hosts, { PW: password }), setup());
      expect(result.problems).toEqual([]);
      const folder = await restoredSource(repo, target(), 'oa-my');
      expect(readdirSync(folder).sort()).toEqual(['finance.sql', 'mysql.sql', 'oa-1 x.sql', 'source.json']);
      const name = `copy_${host ?? 'here'}`;
      server.sql(`create database ${name} character set utf8mb4`);
      server.sql(readFileSync(join(folder, 'finance.sql'), 'utf8'), name);
      const checksum = (database: string) =>
        server.sql(`checksum table bills; call total();`, database).replace(/^\S+/, '');
      expect(checksum(name)).toBe(checksum('finance'));
      expect(server.sql(`show events`, name)).toContain('nightly');
      expect(server.sql(`show triggers`, name)).toContain('keep');
      server.sql(`drop database ${name}`);
    });
  });

  describe('SQLite', () => {
    it.each(where)('a database that is being written to: %s', async (_, host) => {
      const file = join(dir, `live-${host ?? 'here'}.sqlite`);
      execFileSync('sqlite3', [file], {
        input: `pragma journal_mode=wal; create table bills (id integer primary key, text); with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000) insert into bills select i, hex(randomblob(20)) from n;`,
        stdio: ['pipe', 'ignore', 'pipe'],
      });
      const source = { type: 'sqlite', id: 'lite', ...at(host), file };
      const result = await backUpDumps([source], [repo], dumpDoor(hosts), setup());
      expect(result.problems).toEqual([]);
      const folder = await restoredSource(repo, target(), 'lite');
      const copy = join(folder, `live-${host ?? 'here'}.sqlite`);
      expect(
        execFileSync('sqlite3', [copy, 'pragma integrity_check; select count(*) from bills'], { encoding: 'utf8' }),
      ).toBe('ok\n50000\n');
      expect(readdirSync('/var/tmp').filter((name) => name.startsWith('oaops-sqlite'))).toEqual([]);
    });
  });

  describe('OpenLDAP', () => {
    let server: LdapServer;
    beforeAll(async () => {
      server = await startSlapd();
    }, 60_000);
    afterAll(() => server?.stop());

    it.each(where)('configuration and data by slapcat: %s', async (_, host) => {
      const source = { type: 'ldap', id: 'people', ...at(host), configFolder: server.configFolder };
      const result = await backUpDumps([source], [repo], dumpDoor(hosts), setup());
      expect(result.problems).toEqual([]);
      const folder = await restoredSource(repo, target(), 'people');
      expect(readdirSync(folder).sort()).toEqual(['cn=config.ldif', `${suffix}.ldif`, 'source.json']);
      const fresh = join(dir, `slapd.d-${host ?? 'here'}`);
      const data = join(dir, `data-${host ?? 'here'}`);
      mkdirSync(fresh);
      mkdirSync(data);
      const config = readFileSync(join(folder, 'cn=config.ldif'), 'utf8').replace(
        /^olcDbDirectory:.*$/m,
        `olcDbDirectory: ${data}`,
      );
      execFileSync('slapadd', ['-q', '-F', fresh, '-n', '0'], { input: config });
      execFileSync('slapadd', ['-q', '-F', fresh, '-b', suffix], {
        input: readFileSync(join(folder, `${suffix}.ldif`)),
      });
      const entries = spawnSync('slapcat', ['-F', fresh, '-b', suffix], { encoding: 'utf8' }).stdout;
      expect(entries.match(/^dn:/gm)).toHaveLength(702);
    });

    it.each(where)('data by ldapsearch, page by page, with its operational attributes: %s', async (_, host) => {
      const source = {
        type: 'ldap',
        id: 'search',
        ...at(host),
        method: 'ldapsearch',
        url: server.url,
        suffixes: [suffix],
        user: rootDn,
        password: 'env:LDAP',
      };
      const result = await backUpDumps([source], [repo], dumpDoor(hosts, { LDAP: server.password }), setup());
      expect(result.problems).toEqual([]);
      const folder = await restoredSource(repo, target(), 'search');
      const ldif = readFileSync(join(folder, `${suffix}.ldif`), 'utf8');
      expect(ldif.match(/^dn:/gm)).toHaveLength(702);
      expect(ldif).toContain('entryUUID:');
    });
  });

  it('two backups of a dump that grew in the middle store the changed part only', async () => {
    const rows = (from: number, to: number) => `seq -f 'row %.0f of a table with some text in it' ${from} ${to}`;
    const command = (script: string) => ({ type: 'command', id: 'grows', argv: ['/bin/sh', '-c', script] });
    const door = dumpDoor(hosts);
    await backUpDumps([command(`${rows(1, 900000)}`)], [repo], door, setup());
    const second = await backUpDumps(
      [command(`${rows(1, 400000)}; echo inserted; ${rows(400001, 900000)}`)],
      [repo],
      door,
      setup(),
    );
    expect(second.counts.bytes).toBeGreaterThan(35_000_000);
    expect(second.counts.dataAddedBytes).toBeLessThan(5_000_000);
    const folder = await restoredSource(repo, target(), 'grows');
    const expected = execFileSync('/bin/sh', ['-c', `${rows(1, 400000)}; echo inserted; ${rows(400001, 900000)}`], {
      maxBuffer: 1e9,
    });
    expect(readFileSync(join(folder, 'output')).equals(expected)).toBe(true);
  });

  it('dumps lie between the files in the order of the manifest, and the files are as they were', async () => {
    const tree = join(dir, 'tree');
    mkdirSync(tree);
    execFileSync('/bin/sh', ['-c', `echo a > ${tree}/a`]);
    const source = { type: 'command', id: 'zero', argv: ['/bin/sh', '-c', 'head -c 3000000 /dev/zero; echo end'] };
    const result = await backUpDumps([source], [repo], dumpDoor(hosts), { ...setup(), paths: [tree] });
    expect(result.exitCode).toBe(0);
    const to = target();
    const folder = await restoredSource(repo, to, 'zero');
    const zeros = readFileSync(join(folder, 'output'));
    expect(zeros.length).toBe(3_000_004);
    expect(zeros.subarray(0, 3_000_000).equals(Buffer.alloc(3_000_000))).toBe(true);
    expect(readFileSync(join(to, tree.slice(1), 'a'), 'utf8')).toBe('a\n');
  });
});
