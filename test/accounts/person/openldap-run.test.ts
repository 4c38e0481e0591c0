import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { needs } from '../../helpers/needs.ts';
import { groups, hold, operator, operatorPassword, people, startOaDirectory } from '../../helpers/oa-directory.ts';
import { PersonSite } from '../../helpers/person-site.ts';
import type { LdapServer } from '../../helpers/slapd.ts';

let site: PersonSite;
let server: LdapServer;

beforeEach(needs('slapd', 'slapadd', 'ldapsearch'));
beforeEach(async () => {
  server = await startOaDirectory({});
  site = new PersonSite({ OA_PW: operatorPassword });
  site.roster('E1,李总,li,,IT,Head,,active,,', 'E2,张三,zhang,,IT,Engineer,E1,active,,');
  site.company({
    directories: [
      {
        id: 'ldap',
        type: 'openldap',
        url: server.url,
        bindDn: operator,
        password: 'env:OA_PW',
        base: people,
        groupBase: groups,
        holdBase: hold,
        service: ['oaops'],
      },
    ],
    roles: { matrix: [{ department: 'IT', rights: { ldap: [`cn=staff,${groups}`] } }] },
    opening: { approval: 'none' },
  });
});
afterEach(async () => {
  await site?.[Symbol.asyncDispose]();
  await server?.stop();
});

const canLogIn = (dn: string, password: string) =>
  spawnSync('ldapwhoami', ['-x', '-H', server.url, '-D', dn, '-w', password]).status === 0;

it('opens an account that the person logs in with, and closes it at once', async () => {
  const { end } = await site.run('open', { person: 'E2' });
  expect(end.exitCode).toBe(0);
  const password = /[Pp]assword: (\S+)/.exec(site.asked.join('\n'))?.[1] ?? '';
  expect(canLogIn(`uid=zhang,${people}`, password)).toBe(true);
  expect(site.filesWith(password)).toEqual([]);
  site.roster('E1,李总,li,,IT,Head,,active,,', 'E2,张三,zhang,,IT,Engineer,E1,left,,2020-01-31');
  const revoked = await site.run('revoke', { person: 'E2' });
  expect(revoked.text).toContain('1 of 1 accounts changed');
  expect(canLogIn(`uid=zhang,${people}`, password)).toBe(false);
  expect(canLogIn(`uid=zhang,${hold}`, password)).toBe(false);
  expect((await site.run('revoke', { person: 'E2' })).text).toContain('nothing to do');
}, 60_000);
