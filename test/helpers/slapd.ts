import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './sshd.ts';

export const suffix = 'dc=example,dc=com';
export const rootDn = `cn=admin,${suffix}`;

/** An OpenLDAP server of its own on loopback, with cn=config and one database with people. */
export interface LdapServer {
  url: string;
  /** With `certificate`: the same server by ldaps. */
  secureUrl: string;
  /** Its slapd.d. */
  configFolder: string;
  password: string;
  /** Of slapd. */
  pid: number;
  stop(): Promise<void>;
}

export interface MoreDirectory {
  /** LDIF of entries after the people. */
  entries?: string[];
  /** Lines of the database in cn=config. */
  database?: string;
  /** Lines of the server in cn=config. */
  server?: string;
  /** Beside back_mdb. */
  modules?: string[];
  /** LDIF of entries of cn=config after the database, such as its overlays. */
  overlays?: string[];
  /** Lines of the database cn=config. */
  config?: string;
  /** Of the database; default 100 MiB. */
  maxSizeBytes?: number;
  /** PEM files. */
  certificate?: { certificate: string; key: string };
}

/** Makes cn=config and the database in `folder`, without a server. `people` entries lie below ou=people. */
export function makeDirectory(folder: string, password: string, people: number, more: MoreDirectory = {}): string {
  const configFolder = join(folder, 'slapd.d');
  const data = join(folder, 'data');
  mkdirSync(configFolder, { recursive: true });
  mkdirSync(data, { recursive: true });
  const config = `dn: cn=config
objectClass: olcGlobal
cn: config
${
  more.certificate
    ? `olcTLSCertificateFile: ${more.certificate.certificate}\nolcTLSCertificateKeyFile: ${more.certificate.key}\n`
    : ''
}${more.server ?? ''}
dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
${(more.modules ?? []).map((name) => `olcModuleLoad: ${name}\n`).join('')}
dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif

include: file:///etc/ldap/schema/cosine.ldif

include: file:///etc/ldap/schema/nis.ldif

include: file:///etc/ldap/schema/inetorgperson.ldif

dn: olcDatabase=config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: config
olcRootDN: cn=config
${more.config ?? ''}
dn: olcDatabase=mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: mdb
olcSuffix: ${suffix}
olcRootDN: ${rootDn}
olcRootPW: ${password}
olcDbDirectory: ${data}
olcDbMaxSize: ${more.maxSizeBytes ?? 104_857_600}
${more.database ?? 'olcSizeLimit: unlimited'}

${(more.overlays ?? []).join('\n')}`;
  const entries = [
    `dn: ${suffix}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`,
    `dn: ou=people,${suffix}\nobjectClass: organizationalUnit\nou: people\n`,
    ...Array.from(
      { length: people },
      (_, i) =>
        `dn: uid=user${i},ou=people,${suffix}\nobjectClass: inetOrgPerson\nuid: user${i}\nsn: 用户${i}\ncn: User ${i}\n`,
    ),
    ...(more.entries ?? []),
  ];
  for (const [number, text] of [
    ['0', config],
    ['1', entries.join('\n')],
  ] as const) {
    const file = join(folder, `${number}.ldif`);
    writeFileSync(file, text);
    execFileSync('slapadd', ['-q', '-F', configFolder, '-n', number, '-l', file], { stdio: 'pipe' });
  }
  return configFolder;
}

export async function startSlapd(people = 700, more: MoreDirectory = {}): Promise<LdapServer> {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-ldap-'));
  const password = 'ldap "secret" \\ $1';
  const configFolder = makeDirectory(folder, password, people, more);
  const port = await freePort();
  const url = `ldap://127.0.0.1:${port}`;
  const secureUrl = `ldaps://127.0.0.1:${await freePort()}`;
  const urls = more.certificate ? `${url} ${secureUrl}` : url;
  const server = spawn('slapd', ['-d', '0', '-F', configFolder, '-h', urls], { stdio: 'ignore' });
  await eventually(() => {
    if (server.exitCode !== null) throw new Error(`slapd ended with ${server.exitCode}`);
    return spawnSync('ldapsearch', ['-x', '-H', url, '-s', 'base', '-b', '']).status === 0;
  }, 20_000);
  return {
    url,
    secureUrl,
    configFolder,
    password,
    pid: server.pid!,
    stop: async () => {
      if (server.exitCode === null && server.signalCode === null) {
        const ended = new Promise((resolve) => server.once('exit', resolve));
        server.kill('SIGTERM');
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
