import { afterAll, beforeAll, expect, test } from 'vitest';
import { netDoor } from '../../../src/connectors/net/net.ts';
import { complaints, makeCheck } from '../../helpers/probe.ts';
import { type ScriptedDns, startDns } from '../../helpers/scripted-dns.ts';

let server: ScriptedDns;
beforeAll(async () => {
  server = await startDns({
    'oa.test A': ['10.0.0.2', '10.0.0.1'],
    'oa.test AAAA': ['2001:db8:0:0:0:0:0:5'],
    'oa.test MX': ['10 Mail.oa.test'],
    'oa.test TXT': ['v=spf1 -all'],
    'www.oa.test CNAME': ['oa.test'],
    '_ldap._tcp.oa.test SRV': ['0 5 389 dc.oa.test'],
    '1.0.0.10.in-addr.arpa PTR': ['oa.test'],
    'slow.test A': null,
    'broken.test A': 2,
    'closed.test A': 5,
  });
});
afterAll(() => server.stop());

const make = (args: Record<string, unknown>) =>
  makeCheck('dns', { server: server.address, ...args }, { doors: { net: async () => netDoor() } });

test.each([
  [{ name: 'oa.test', values: ['10.0.0.1', '10.0.0.2'] }, 'A of oa.test is 10.0.0.1, 10.0.0.2'],
  [{ name: 'oa.test', values: ['10.0.0.2'], match: 'some' }, 'A of oa.test is 10.0.0.1, 10.0.0.2'],
  [{ name: 'oa.test', type: 'AAAA', values: ['2001:DB8::5'] }, 'AAAA of oa.test is 2001:db8::5'],
  [{ name: 'oa.test', type: 'MX', values: ['10 mail.oa.test.'] }, 'MX of oa.test is 10 Mail.oa.test'],
  [{ name: 'oa.test', type: 'TXT', values: ['v=spf1 -all'] }, 'TXT of oa.test is v=spf1 -all'],
  [{ name: 'www.oa.test', type: 'CNAME', values: ['OA.test'] }, 'CNAME of www.oa.test is oa.test'],
  [{ name: '_ldap._tcp.oa.test', type: 'SRV' }, 'SRV of _ldap._tcp.oa.test is 0 5 389 dc.oa.test'],
  [{ name: '10.0.0.1', type: 'PTR', values: ['oa.test'] }, 'PTR of 10.0.0.1 is oa.test'],
  [{ name: 'gone.test', exists: false }, 'there is no A of gone.test'],
  [{ name: 'www.oa.test', type: 'A', exists: false }, 'there is no A of www.oa.test'],
])('%j passes', async (args, message) => {
  expect(await make(args)).toMatchObject({ state: 'pass', message });
});

test.each([
  [{ name: 'oa.test', values: ['10.0.0.1'] }, 'A of oa.test is 10.0.0.1, 10.0.0.2, and should be 10.0.0.1'],
  [
    { name: 'oa.test', values: ['10.0.0.3'], match: 'some' },
    'A of oa.test is 10.0.0.1, 10.0.0.2, and should be 10.0.0.3',
  ],
  [
    { name: 'oa.test', type: 'TXT', values: ['V=SPF1 -all'] },
    'TXT of oa.test is v=spf1 -all, and should be V=SPF1 -all',
  ],
  [{ name: 'oa.test', exists: false }, 'A of oa.test is 10.0.0.1, 10.0.0.2'],
  [{ name: 'gone.test' }, 'A of gone.test cannot be looked up: there is no such name'],
  [{ name: 'www.oa.test', type: 'MX' }, 'MX of www.oa.test cannot be looked up: there is no such record'],
])('%j fails', async (args, message) => {
  expect(await make(args)).toMatchObject({ state: 'fail', message });
});

test.each([
  [{ name: 'slow.test', timeout: '200ms' }, 'A of slow.test cannot be looked up: no answer in time'],
  [{ name: 'broken.test' }, 'A of broken.test cannot be looked up: the name server failed'],
  [{ name: 'closed.test' }, 'A of closed.test cannot be looked up: the name server refused'],
  // A server that says nothing must not be a proof that the record is gone.
  [{ name: 'broken.test', exists: false }, 'A of broken.test cannot be looked up: the name server failed'],
])('%j is an error', async (args, message) => {
  expect(await make(args)).toMatchObject({ state: 'error', message });
});

test('the time of the answer has limits', async () => {
  const made = await make({ name: 'oa.test', warn: 5, fail: '~:0' });
  expect(made).toMatchObject({ state: 'fail', measures: [{ name: 'time', unit: 's', warn: '5', fail: '~:0' }] });
  expect(made.measures[0]!.value).toBeGreaterThan(0);
});

test('arguments', () => {
  expect(complaints('dns', { name: 'a', exists: false, values: ['1.1.1.1'] })).toEqual([
    'values: a record that must not be there has no values',
  ]);
});
