import { afterEach, describe, expect, test } from 'vitest';
import { openActiveDirectory } from '../../../src/accounts/directories/active-directory.ts';
import { filetimeOf, generalizedTimeOf } from '../../../src/accounts/directories/times.ts';
import type { OpenDirectory } from '../../../src/accounts/directory.ts';
import type { DirectoryRead, LastUse } from '../../../src/accounts/model.ts';
import { type DirectorySpecOf, directorySchema } from '../../../src/accounts/schema/directories.ts';
import { ldapDoors } from '../../helpers/oa-directory.ts';
import { type LdapAnswer, type LdapAsked, type ScriptedLdap, startScriptedLdap } from '../../helpers/scripted-ldap.ts';

const signal = new AbortController().signal;
const domainDn = 'DC=corp,DC=example';
const staff = `OU=Staff,${domainDn}`;
const nowMs = Date.parse('2026-11-30T04:00:00Z');
const dayMs = 86_400_000;
const done: LdapAnswer = { done: 0, cookie: '' };
let server: ScriptedLdap | undefined;
let directory: OpenDirectory | undefined;
afterEach(async () => {
  await directory?.close();
  await server?.stop();
  directory = server = undefined;
});

type Attributes = Record<string, (string | Buffer)[]>;
interface World {
  root?: Attributes;
  domain?: Attributes;
  users?: Attributes[];
  /** Before everything else. */
  answer?(asked: NonNullable<LdapAsked['search']>): LdapAnswer[] | undefined;
}

function guid(at: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(at);
  return bytes;
}

/** Reads the accounts of a domain controller that says what it is told to. */
async function readWorld({ root, domain, users = [], answer }: World): Promise<DirectoryRead> {
  server = await startScriptedLdap(({ operation, search }) => {
    if (!search) return operation === 0x60 ? [{ done: 0 }] : undefined;
    const own = answer?.(search);
    if (own) return own;
    if (search.base === '')
      return [
        {
          entry: '',
          attributes: {
            namingContexts: [domainDn],
            domainFunctionality: ['7'],
            currentTime: [generalizedTimeOf(nowMs)],
            ...root,
          },
        },
        done,
      ];
    if (search.base === domainDn && search.attributes.includes('minpwdlength'))
      return [{ entry: domainDn, attributes: { minPwdLength: ['7'], ...domain } }, done];
    if (search.base !== staff) return [done];
    return [
      ...users.map(
        (user, at): LdapAnswer => ({
          entry: `CN=u${at},${staff}`,
          attributes: {
            objectGUID: [guid(at)],
            sAMAccountName: [`u${at}`],
            userAccountControl: ['512'],
            whenCreated: ['20200101000000.0Z'],
            ...user,
          },
        }),
      ),
      done,
    ];
  });
  const spec = directorySchema.parse({
    type: 'active-directory',
    id: 'ad',
    url: server.url,
    bindDn: 'oaops@corp.example',
    password: 'env:PW',
    base: staff,
  }) as DirectorySpecOf<'active-directory'>;
  directory = await openActiveDirectory(spec, { ...ldapDoors('secret'), nowMs: () => nowMs }, signal);
  return directory.read(signal);
}
const lastUses = ({ accounts }: DirectoryRead): LastUse[] => accounts.map(({ lastUse }) => lastUse);
const monthAgo = filetimeOf(nowMs - 30 * dayMs);
const yearAgo = filetimeOf(nowMs - 365 * dayMs);

describe('last uses of Active Directory', () => {
  test('the later of what the domain and what this server knows counts', async () => {
    const read = await readWorld({
      users: [
        { lastLogonTimestamp: [yearAgo], lastLogon: [monthAgo] },
        { lastLogonTimestamp: [monthAgo], lastLogon: [yearAgo] },
        { lastLogonTimestamp: [monthAgo], lastLogon: ['0'] },
        { lastLogon: [monthAgo] },
        { lastLogon: ['0'], logonCount: ['0'] },
      ],
    });
    const at = nowMs - 30 * dayMs;
    expect(lastUses(read)).toEqual([
      { at, from: 'lastLogon' },
      { at, from: 'lastLogonTimestamp' },
      { at, from: 'lastLogonTimestamp' },
      { at, from: 'lastLogon' },
      { never: true, from: 'lastLogonTimestamp' },
    ]);
  });

  test('what is shown of nobody is hidden, and not "never"', async () => {
    const read = await readWorld({ users: [{}, {}, {}] });
    expect(lastUses(read)).toEqual(
      Array(3).fill({ unknown: 'the login may not see when accounts were used (lastLogonTimestamp)' }),
    );
  });

  test.each(['9223372036854775807', '-1', '99999999999999999999', 'never', '9000000000000000000'])(
    'a last login of %s is no time, and not "never"',
    async (text) => {
      const read = await readWorld({ users: [{ lastLogonTimestamp: [text] }, { lastLogonTimestamp: [monthAgo] }] });
      expect(lastUses(read)[0]).toEqual(
        text === '9000000000000000000'
          ? { at: expect.any(Number), from: 'lastLogonTimestamp' }
          : { unknown: `lastLogonTimestamp is no time: ${text}` },
      );
    },
  );

  test.each(['0', '60', 'x'])('a domain that writes them every %s days keeps none to go by', async (interval) => {
    const read = await readWorld({
      domain: { 'msDS-LogonTimeSyncInterval': [interval] },
      users: [{ lastLogonTimestamp: [yearAgo], logonCount: ['3'] }, { logonCount: ['0'] }],
    });
    expect(lastUses(read).every((use) => 'unknown' in use)).toBe(true);
  });

  test.each<[string, number, string]>([
    ['behind', -700, 'its clock is 700d behind this one'],
    ['ahead', 40, 'its clock is 40d ahead of this one'],
  ])('a server whose clock is far %s says nothing of them', async (_, days, words) => {
    const read = await readWorld({
      root: { currentTime: [generalizedTimeOf(nowMs + days * dayMs)] },
      users: [{ lastLogonTimestamp: [yearAgo] }, { lastLogon: ['0'] }],
    });
    expect(lastUses(read)).toEqual([{ unknown: words }, { unknown: words }]);
    expect(read.problems).toEqual([`${words}: last uses are not known`]);
  });
});

describe('entries', () => {
  test('two entries of one objectGUID are an error', async () => {
    await expect(readWorld({ users: [{}, { objectGUID: [guid(0)] }] })).rejects.toThrow(
      expect.objectContaining({ code: 'directory-key', exitCode: 4 }),
    );
  });

  test('an entry whose employee number, mail, login or name is no text is not touched', async () => {
    const gbk = Buffer.from([0xcd, 0xf5]);
    const { accounts } = await readWorld({
      users: [{ employeeID: [gbk] }, { mail: ['a@b', gbk] }, { displayName: [gbk] }, { mail: ['a@b'] }],
    });
    expect(accounts.map(({ untouchable }) => untouchable)).toEqual([
      'its employeeID is not text (UTF-8)',
      'its mail is not text (UTF-8)',
      'its displayName is not text (UTF-8)',
      undefined,
    ]);
  });

  test('nobody with success is a problem, and no empty domain', async () => {
    const { accounts, problems } = await readWorld({});
    expect(accounts).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(/^no entry below OU=Staff.* that the login may see fits /)]);
  });

  test.each([3, 4, 11, 51, 52, 80])('accounts that end with result %i are an error', async (status) => {
    const answer: World['answer'] = ({ base, attributes }) =>
      base === staff && attributes.includes('objectguid')
        ? [
            { entry: `CN=a,${staff}`, attributes: { objectGUID: [guid(1)] } },
            { done: status, message: 'no' },
          ]
        : undefined;
    await expect(readWorld({ answer })).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^directory-(partial|failed)$/) }),
    );
  });
});
