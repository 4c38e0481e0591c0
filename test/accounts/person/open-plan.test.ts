import { describe, expect, it } from 'vitest';
import type { Audit } from '../../../src/accounts/audit/audit.ts';
import { RoleMatrix, type RoleRow } from '../../../src/accounts/company/roles.ts';
import type { ChangeName } from '../../../src/accounts/directory.ts';
import type { Account } from '../../../src/accounts/model.ts';
import { type OpeningRequest, planOpenings } from '../../../src/accounts/person/open.ts';
import { type Company, companySchema } from '../../../src/accounts/schema/spec.ts';
import { OaopsError } from '../../../src/core/errors.ts';
import { account, directory, judgeWorld, nowMs, person, source, todayDate } from '../judging.ts';

const li = person('E1', { name: '李总', login: 'li', mail: 'li@oa.example' });
const zhang = person('E2', {
  name: '张三',
  mail: 'Zhang.San@oa.example',
  department: '销售部',
  post: '代表',
  manager: 'E1',
});

interface Place {
  people?: ReturnType<typeof person>[];
  accounts?: Account[];
  opening?: Record<string, unknown>;
  spec?: Record<string, unknown>;
  can?: (ChangeName | 'create')[];
  roles?: RoleRow[];
  unread?: boolean;
  canApprove?: boolean;
  actor?: string;
  channels?: Record<string, string>;
}

function plan(place: Place, ...requests: OpeningRequest[]) {
  const { people = [li, zhang], accounts = [], can = ['create', 'grant', 'delete'] } = place;
  const spec = directory(place.spec);
  const roles = place.roles ?? [
    { department: '销售部', post: '*', rights: { ldap: ['cn=sales'] }, where: 'matrix row 1' },
    { department: '财务部', post: '*', rights: { ldap: ['cn=book'] }, where: 'matrix row 2' },
  ];
  const read = { accounts, problems: [] };
  const failed = { id: 'ldap', error: new OaopsError('directory-unreachable', 'it does not answer', { exitCode: 3 }) };
  const audit: Audit = {
    read: { sources: [source(people)], directories: [place.unread ? failed : { spec, read, can: new Set(can) }] },
    judged: judgeWorld({ people, accounts, spec, roles }),
    roles: new RoleMatrix(roles),
    atMs: nowMs,
  };
  const bare = companySchema.omit({ sources: true, directories: true }).parse({ opening: place.opening });
  const company = { ...bare, sources: [], directories: [spec] } as Company;
  return planOpenings(audit, company, requests.length > 0 ? requests : [{ person: 'E2' }], {
    canApprove: place.canApprove ?? true,
    actor: place.actor ?? 'dana',
    todayDate,
    timeZone: 'Asia/Shanghai',
    channels: place.channels ?? {},
    hostNames: (selectors) => selectors.flatMap((one) => (one === 'all' ? ['h1', 'h2'] : [one])),
  });
}

describe('planOpenings', () => {
  it('gives the rights of the role and nothing else, to be signed by the head', () => {
    const { openings, approvals } = plan({}, { person: 'E2', until: '2026-12-31' });
    expect(openings).toMatchObject([
      {
        login: 'zhang.san',
        rights: ['cn=sales'],
        because: ['cn=sales: 销售部 / * (matrix row 1)'],
        // The last moment of the day on the company's clocks.
        expiresAt: Date.UTC(2026, 11, 31, 16),
        attributes: { employee: 'E2', personName: '张三', department: '销售部', post: '代表' },
      },
    ]);
    expect(approvals).toMatchObject([{ from: ['li@oa.example', 'li', 'E1'] }]);
    expect(approvals[0]!.message.en).toContain('张三 (E2), 销售部 / 代表: ldap zhang.san with cn=sales');
  });

  it('takes the login of the roster, else that of an account elsewhere', () => {
    expect(plan({ people: [li, { ...zhang, login: 'zs' }] }).openings[0]!.login).toBe('zs');
    expect(
      plan({ people: [li, person('E3', { manager: 'E1' })], roles: [] }, { person: 'E3' }).openings[0]!.login,
    ).toBe('E3');
  });

  const refusals: [string, Place, string, OpeningRequest?][] = [
    ['somebody whom no source knows', {}, 'person-unknown', { person: 'E9' }],
    ['somebody by another name than the number', {}, 'person-unknown', { person: 'li' }],
    ['a leaver', { people: [li, { ...zhang, employment: 'left' }] }, 'person-not-employed'],
    [
      'somebody of whom the source says two things',
      { people: [li, { ...zhang, employment: 'unclear' }] },
      'person-unclear',
    ],
    [
      'somebody who begins later than 30 days from now',
      { people: [li, { ...zhang, employment: 'future', startsOn: '2026-12-31' }] },
      'person-not-employed',
    ],
    ['somebody who has an account', { accounts: [account('zs', { employee: 'E2' })] }, 'account-exists'],
    [
      'somebody who has a disabled one',
      { accounts: [account('zs', { employee: 'E2', state: 'disabled' })] },
      'account-exists',
    ],
    [
      'somebody who may have one',
      { accounts: [account('zs', { employee: 'E2', mail: 'li@oa.example' })] },
      'account-doubtful',
    ],
    ['a login of somebody else', { accounts: [account('Zhang.San')] }, 'login-taken'],
    ['a login that the roster gives to another', {}, 'login-taken', { person: 'E2', login: 'LI' }],
    ['a login of programs', { spec: { service: ['svc-*'] } }, 'login-taken', { person: 'E2', login: 'svc-zhang' }],
    ['a login of a system', {}, 'login-taken', { person: 'E2', login: 'admin' }],
    ['a login that is none', {}, 'login-taken', { person: 'E2', login: '-rf *' }],
    ['a day that is over', {}, 'until-over', { person: 'E2', until: '2026-11-29' }],
    ['a day that is none', {}, 'until-invalid', { person: 'E2', until: '2026-02-30' }],
    [
      'a day after the last one',
      { people: [li, { ...zhang, endsOn: '2026-12-30' }] },
      'until-after-end',
      { person: 'E2', until: '2026-12-31' },
    ],
    ['a role that is not known', { people: [li, person('E2', { manager: 'E1' })] }, 'role-unknown'],
    ['a directory that gives no rights', { can: ['create'] }, 'directory-unable'],
    ['a directory that makes no accounts', { can: ['grant'] }, 'directory-unable'],
    ['a directory that does not answer', { unread: true }, 'directory-unreachable'],
    ['a head who is not known', { people: [li, { ...zhang, manager: 'E7' }] }, 'head-unknown'],
    ['a head who has left', { people: [{ ...li, employment: 'left' }, zhang] }, 'head-unknown'],
    ['somebody who is the own head', { people: [li, { ...zhang, manager: 'E2' }] }, 'head-unknown'],
    ['a head who asks', { actor: 'li' }, 'head-requests'],
    ['nobody who can sign', { canApprove: false }, 'allowed-signers-missing'],
    [
      'a person without a mail address',
      {
        people: [li, person('E2', { department: '销售部', post: '代表', manager: 'E1' })],
        opening: { deliver: { channel: 'mail', to: 'person' } },
        channels: { mail: 'smtp' },
      },
      'password-undeliverable',
    ],
    [
      'a password by mail to an address that two people have',
      {
        people: [li, { ...zhang, mail: 'both@oa.example' }, person('E3', { mail: 'Both@oa.example' })],
        opening: { deliver: { channel: 'mail', to: 'person' } },
        channels: { mail: 'smtp' },
      },
      'password-undeliverable',
    ],
    ['a channel that is not there', { opening: { deliver: { channel: 'mail' } } }, 'channel-unknown'],
    [
      'a channel that many read',
      { opening: { deliver: { channel: 'chat' } }, channels: { chat: 'webhook' } },
      'channel-open',
    ],
  ];
  it.each(refusals)('refuses %s', (_what, place, code, request) => {
    const made = () => plan(place, ...(request ? [request] : []));
    expect(made).toThrow(OaopsError);
    try {
      made();
    } catch (error) {
      expect(error).toMatchObject({ code, next: expect.stringMatching(/./) });
      expect([2, 4]).toContain((error as OaopsError).exitCode);
    }
  });

  it('opens early, within 30 days of the first one', () => {
    const people = [li, { ...zhang, employment: 'future' as const, startsOn: '2026-12-30' }];
    expect(plan({ people }).openings).toHaveLength(1);
  });

  it('needs nobody where the company says so, and any second person where it says that', () => {
    expect(plan({ opening: { approval: 'none' }, canApprove: false }).approvals).toEqual([]);
    const [any] = plan({ opening: { approval: 'any' }, people: [{ ...zhang, manager: undefined } as never] }).approvals;
    expect(any).not.toHaveProperty('from');
  });

  it('tells all that stands against a list, and gives two people no login', () => {
    const chen = person('E3', {
      name: '陈',
      mail: 'zhang.san@b.example',
      department: '销售部',
      post: '代表',
      manager: 'E1',
    });
    const requests = ['E2', 'E3', 'E9'].map((id, index) => ({ person: id, where: `new.csv:${index + 2}` }));
    try {
      plan({ people: [li, zhang, chen] }, ...requests);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'login-taken', exitCode: 4 });
      expect((error as OaopsError).details?.['problems']).toMatchObject([
        { message: expect.stringContaining('new.csv:3: 陈 (E3) cannot get the login "zhang.san": 张三 (E2) gets it') },
        { code: 'person-unknown' },
      ]);
    }
    const [first, second] = plan(
      { people: [li, zhang, chen] },
      { person: 'E2' },
      { person: 'E3', login: 'chen' },
    ).openings;
    expect([first?.login, second?.login]).toEqual(['zhang.san', 'chen']);
  });

  it('gives a login on hosts to those whose role has rights there, and on the hosts that are named', () => {
    const spec = { type: 'linux', id: 'ldap', targets: 'all' };
    const openings = (more: object, ...people: ReturnType<typeof person>[]) =>
      plan({ spec: { ...spec, ...more }, ...(people.length > 0 ? { people } : {}) }).openings;
    expect(openings({ createOn: ['h2', 'h1'] })).toMatchObject([
      { host: 'h2', login: 'zhang.san', line: expect.any(String) },
      { host: 'h1', login: 'zhang.san' },
    ]);
    expect(new Set(openings({ createOn: ['h2', 'h1'] }).map(({ line }) => line)).size).toBe(2);
    expect(openings({ targets: 'h1' })).toMatchObject([{ host: 'h1' }]);
    expect(() => openings({})).toThrow(/"createOn" does not say on which of its 2 hosts/);
    expect(() => openings({ createOn: 'h9' })).toThrow(/names h9, which is none of its hosts/);
    const strange = person('E.2', {
      name: '张三',
      mail: 'z@oa.example',
      department: '销售部',
      post: '代表',
      manager: 'E1',
    });
    const number = (employee: string) =>
      plan({ spec: { ...spec, employee, createOn: 'h1' }, people: [li, strange] }, { person: 'E.2' }).openings;
    expect(() => number('gecos')).toThrow(/would be nobody's: the number E.2 is not found again/);
    expect(number('none')).toHaveLength(1);
    const cook = person('E2', { name: '张三', department: '食堂', post: '厨师', manager: 'E1' });
    expect(() => openings({ createOn: 'h1' }, li, cook)).toThrow(/the role gives no right there/);
  });

  it('sends a password to one address, and to nobody else', () => {
    const opening = { deliver: { channel: 'mail', to: 'person' } };
    const channels = { mail: 'smtp' };
    for (const mail of ['a@oa.example,b@evil.example', 'a@oa.example\r\nBcc: b@evil.example', '李 <a@oa.example>'])
      expect(() => plan({ people: [li, { ...zhang, mail, login: 'zhang' }], opening, channels })).toThrow(
        /is not one mail address/,
      );
  });
});
