import { afterAll, beforeAll, expect, test } from 'vitest';
import { ldapDoor } from '../../../src/connectors/ldap/session.ts';
import { type LdapServer, rootDn, startSlapd, suffix } from '../../helpers/slapd.ts';
import { sourceStage } from '../../helpers/source-stage.ts';

const person = (uid: string, lines: string, ou = 'people') =>
  `dn: uid=${uid},ou=${ou},${suffix}\nobjectClass: inetOrgPerson\nuid: ${uid}\nsn: x\ncn: ${uid}\n${lines}\n`;
const unit = (ou: string) => `dn: ou=${ou},${suffix}\nobjectClass: organizationalUnit\nou: ${ou}\n`;
let server: LdapServer;
const stage = sourceStage({ ldap: async () => ldapDoor(), secret: async () => server.password });
beforeAll(async () => {
  server = await startSlapd(1200, {
    entries: [
      unit('staff'),
      person('boss', 'employeeNumber: 1\ntitle: 经理\ndepartmentNumber: 财务部\n', 'staff'),
      person(
        'wang',
        `employeeNumber: 2\ndisplayName: 王小明\nmail: wang@example.com\nmail: w@example.com\nmanager: uid=Boss, ou=staff,${suffix}\nemployeeType: active\n`,
        'staff',
      ),
      person('li', `employeeNumber: 3\nmanager: uid=gone,ou=staff,${suffix}\nemployeeType: left\n`, 'staff'),
      unit('twice'),
      person('two', 'mail: a@example.com\nmail: b@example.com\n', 'twice'),
      unit('states'),
      person('both', 'employeeNumber: 6\nemployeeType: active\nemployeeType: left\n', 'states'),
      unit('empty'),
    ],
  });
});
afterAll(async () => {
  await server.stop();
  stage.remove();
});
const read = (ou: string, spec: object = {}) =>
  stage.read({
    type: 'ldap',
    url: server.url,
    bindDn: rootDn,
    password: 'env:LDAP',
    base: `ou=${ou},${suffix}`,
    ...spec,
  });

test('people by their usual attributes; heads by their employee numbers', async () => {
  const found = await read('staff');
  expect(found.people).toEqual([
    {
      source: 'hr',
      id: '1',
      name: 'boss',
      login: 'boss',
      department: '财务部',
      post: '经理',
      employment: 'active',
      where: `uid=boss,ou=staff,${suffix}`,
    },
    {
      source: 'hr',
      id: '2',
      name: '王小明',
      login: 'wang',
      mail: 'wang@example.com',
      otherMails: ['w@example.com'],
      manager: '1',
      employment: 'active',
      where: `uid=wang,ou=staff,${suffix}`,
    },
    { source: 'hr', id: '3', name: 'li', login: 'li', employment: 'active', where: `uid=li,ou=staff,${suffix}` },
  ]);
  expect(found.problems).toContain('heads that the source "hr" does not name itself: 1');
  expect(found.address).toBe(`${server.url}/ou=staff,${suffix}??sub?(objectClass=person)`);
});

test('a state where the configuration names its attribute', async () => {
  const found = await read('staff', { fields: { status: 'employeeType' } });
  expect(found.people.map(({ employment }) => employment)).toEqual(['unclear', 'active', 'left']);
});

test('an attribute that nobody has is told', async () => {
  const found = await read('staff', { fields: { endsOn: 'shadowExpire' } });
  expect(found.problems).toContain('no entry of the source "hr" has shadowExpire for endsOn');
});

test('all pages', async () => {
  const found = await read('people', { fields: { id: 'uid', login: 'uid' } });
  expect(found.rows).toBe(1200);
  expect(found.people[1199]).toMatchObject({ id: 'user1199', login: 'user1199', name: 'User 1199' });
});

test.each<[string, string, object, object]>([
  [
    'two numbers of one person',
    'twice',
    { fields: { id: 'mail' } },
    {
      code: 'source-value',
      exitCode: 4,
      message: `an employee number has one value, and mail has 2: a@example.com, b@example.com (uid=two,ou=twice,${suffix})`,
    },
  ],
  [
    'two states of one person',
    'states',
    { fields: { status: 'employeeType' } },
    {
      code: 'source-value',
      exitCode: 4,
      message: `the value of status cannot be read: employeeType has 2 values (uid=both,ou=states,${suffix})`,
    },
  ],
  ['nobody', 'empty', {}, { code: 'source-empty', exitCode: 4 }],
  ['nobody with a number', 'people', {}, { code: 'source-id-missing', exitCode: 4 }],
  ['a name without a password', 'staff', { password: undefined }, { code: 'directory-login', exitCode: 2 }],
])('%s', async (_, ou, spec, error) => {
  await expect(read(ou, spec)).rejects.toMatchObject(error);
});

test('a server that is not there, or has no such place, is no empty list', async () => {
  await expect(read('staff', { url: 'ldap://127.0.0.1:1' })).rejects.toMatchObject({ exitCode: 3 });
  await expect(read('gone')).rejects.toMatchObject({ code: 'directory-base-missing' });
});
