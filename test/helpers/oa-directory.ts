import { execFileSync } from 'node:child_process';
import type { AccountDoors } from '../../src/accounts/ports.ts';
import { ldapDoor } from '../../src/connectors/ldap/session.ts';
import { type LdapServer, type MoreDirectory, rootDn, startSlapd, suffix } from './slapd.ts';

export const people = `ou=people,${suffix}`;
export const hold = `ou=hold,${suffix}`;
export const groups = `ou=groups,${suffix}`;
export const operator = `uid=oaops,${suffix}`;
export const operatorPassword = 'operator-secret';
const base64 = (text: string) => Buffer.from(text).toString('base64');

const ou = (dn: string) => `dn: ${dn}\nobjectClass: organizationalUnit\nou: ${/ou=(\w+)/.exec(dn)![1]}\n`;
const person = (dn: string, uid: string, more = '') =>
  `dn:: ${base64(dn)}\nobjectClass: inetOrgPerson\nuid:: ${base64(uid)}\nsn: x\ncn: x\nuserPassword: secret\n${more}`;
export const policy = (name: string, more: string) =>
  `dn: cn=${name},ou=policies,${suffix}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: ${name}\npwdAttribute: userPassword\n${more}`;

/** People, groups of all kinds, policies, and the account that oaops logs in with. */
export const oaEntries = [
  ou(hold),
  ou(groups),
  ou(`ou=policies,${suffix}`),
  person(operator, 'oaops').replace('userPassword: secret', `userPassword: ${operatorPassword}`),
  person(
    `uid=wang,${people}`,
    'wang',
    'displayName:: 546L5bCP5piO\nemployeeNumber: E1001\nmail: wang@example.com\ndepartmentNumber: IT\ntitle: Engineer\ntelephoneNumber: 1\ntelephoneNumber: 2\njpegPhoto:: /9j/AA==\n',
  ),
  person(`uid=li,${people}`, 'li', 'employeeNumber: E1002\npwdAccountLockedTime: 000001010000Z\n'),
  person(`uid=zhao\\, qian\\+\\"x\\",${people}`, 'zhao, qian+"x"', 'employeeNumber: E1003\n'),
  policy('default', 'pwdLockout: TRUE\npwdMaxFailure: 5\npwdMinLength: 12\npwdMaxAge: 7776000\n'),
  policy('soft', 'pwdLockout: FALSE\npwdMinLength: 6\n'),
  `dn: cn=staff,${groups}\nobjectClass: groupOfNames\ncn: staff\nmember: uid=wang,${people}\nmember: uid=li,${people}\n`,
  `dn: cn=only,${groups}\nobjectClass: groupOfNames\ncn: only\nmember: uid=wang,${people}\n`,
  `dn: cn=unique,${groups}\nobjectClass: groupOfUniqueNames\ncn: unique\nuniqueMember: uid=wang,${people}\nuniqueMember: uid=li,${people}\n`,
  `dn: cn=posix,${groups}\nobjectClass: posixGroup\ncn: posix\ngidNumber: 5000\nmemberUid: wang\n`,
  `dn: cn=vpn,${groups}\nobjectClass: groupOfNames\ncn: vpn\nmember: uid=li,${people}\n`,
];

/** Groups are the last of the entries. */
const groupCount = 5;

const overlay = (name: string, classes: string, more = '') =>
  `dn: olcOverlay=${name},olcDatabase={1}mdb,cn=config\nobjectClass: olcOverlayConfig\nobjectClass: ${classes}\nolcOverlay: ${name}\n${more}`;
export const ppolicyOverlay = overlay(
  'ppolicy',
  'olcPPolicyConfig',
  `olcPPolicyDefault: cn=default,ou=policies,${suffix}\n`,
);
export const memberOverlays = [
  overlay('memberof', 'olcMemberOf'),
  overlay('refint', 'olcRefintConfig', 'olcRefintAttribute: member\nolcRefintAttribute: uniqueMember\n'),
];
const rights = `olcSizeLimit: unlimited\nolcLastBind: TRUE\nolcAccess: to * by dn.exact="${operator}" write by anonymous auth by self read`;

/** An OA directory with overlay ppolicy, and what else is asked for. `showsConfig`: oaops may read cn=config. */
export async function startOaDirectory({
  count = 3,
  follow = false,
  showsConfig = true,
  ...more
}: MoreDirectory & { count?: number; follow?: boolean; showsConfig?: boolean } = {}): Promise<LdapServer> {
  // Overlay memberof notes only what comes by the server.
  const [first, later] = follow ? [oaEntries.slice(0, -groupCount), oaEntries.slice(-groupCount)] : [oaEntries, []];
  const server = await startSlapd(count, {
    entries: first,
    modules: ['ppolicy', 'memberof', 'refint'],
    overlays: [ppolicyOverlay, ...(follow ? memberOverlays : [])],
    database: rights,
    ...(showsConfig && { config: `olcAccess: to * by dn.exact="${operator}" read\n` }),
    ...more,
  });
  if (later.length > 0) {
    const connection = ['-x', '-H', server.url, '-D', rootDn, '-w', server.password];
    execFileSync('ldapadd', connection, { input: later.join('\n'), stdio: ['pipe', 'pipe', 'pipe'] });
  }
  return server;
}

/** Doors of which only that to LDAP opens. */
export function ldapDoors(secret = operatorPassword, nowMs = () => Date.now()): AccountDoors {
  const none = () => {
    throw new Error('this door stays closed');
  };
  return {
    ldap: async () => ldapDoor(),
    secret: async () => secret,
    sql: none,
    host: none,
    hostNames: none,
    facts: none,
    readFile: none,
    nowMs,
    timeZone: 'Asia/Shanghai',
    baseDir: '/',
  };
}

/** What changes with every change, whatever it was. */
const always = /^(modifyTimestamp|modifiersName|entryCSN|contextCSN|pwdLastSuccess|authTimestamp|pwdFailureTime):/;

/** Everything below the suffix as the server keeps it, each entry in one order. `without`: lines to leave out. */
export function dump(server: LdapServer, without?: RegExp): Record<string, string[]> {
  const connection = ['-x', '-H', server.url, '-D', rootDn, '-w', server.password];
  const text = execFileSync('ldapsearch', [...connection, '-LLL', '-o', 'ldif-wrap=no', '-b', suffix, '*', '+']);
  const entries = String(text).trim().split('\n\n');
  return Object.fromEntries(
    entries.map((entry) => {
      const [dn, ...lines] = entry.split('\n');
      return [dn!, lines.filter((line) => !always.test(line) && !without?.test(line)).sort()];
    }),
  );
}
