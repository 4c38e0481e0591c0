import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listening } from '../../../src/inspect/checks/listening.ts';
import { listeningChange } from '../../../src/inspect/checks/listening-change.ts';
import { socketsOf } from '../../../src/inspect/sockets.ts';
import { judged, probed, probedAndJudged, shells } from '../../helpers/probe-world.ts';

const debian = `
range 32768 60999
source ss
Netid State  Recv-Q Send-Q   Local Address:Port  Peer Address:PortProcess
udp   UNCONN 0      0              0.0.0.0:68         0.0.0.0:*    users:(("dhclient",pid=5,fd=6))
udp   UNCONN 0      0        127.0.0.53%lo:53         0.0.0.0:*
udp   UNCONN 0      0              0.0.0.0:41234      0.0.0.0:*    users:(("chronyd",pid=9,fd=7))
tcp   LISTEN 0      128            0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=32756,fd=3))
tcp   LISTEN 0      128               [::]:22            [::]:*    users:(("sshd",pid=32756,fd=4))
tcp   LISTEN 0      511                  *:80               *:*    users:(("nginx",pid=7,fd=6),("nginx",pid=8,fd=6))
tcp   LISTEN 0      80       [::ffff:127.0.0.1]:8005    *:*
tcp   LISTEN 0      80           127.0.0.1:3306       0.0.0.0:*`;
const centos7 = `
range 32768	60999
source ss
Netid  State      Recv-Q Send-Q Local Address:Port               Peer Address:Port
tcp    LISTEN     0      128       *:22                    *:*                   users:(("sshd",pid=1021,fd=3))
tcp    LISTEN     0      128      :::22                   :::*                   users:(("sshd",pid=1021,fd=4))
tcp    LISTEN     0      100     ::1:25                   :::*`;
const proc = `
range 32768	60999
source proc
order 0201
file tcp
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000
   1: 00000000:0016 00000000:0000 0A 00000000:00000000
file tcp6
   0: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 000080FE00000000FF00A2BD01000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000
   2: 0000000000000000FFFF00000100007F:1F45 00000000000000000000000000000000:0000 0A 00000000:00000000
file udp
   9: 00000000:0044 00000000:0000 07 00000000:00000000`;
const names = (text: string) =>
  socketsOf(text.trim().split('\n'))?.sockets.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`);

describe('sockets', () => {
  test('are read from every ss', () => {
    expect(names(debian)).toEqual([
      'tcp * 22',
      'tcp * 80',
      'tcp 127.0.0.1 3306',
      'tcp ::ffff:127.0.0.1 8005',
      'udp 127.0.0.53 53',
      'udp * 68',
      'udp * 41234',
    ]);
    expect(names(centos7)).toEqual(['tcp * 22', 'tcp ::1 25']);
  });

  test('are read from /proc/net, whatever the order of bytes', () => {
    expect(names(proc)).toEqual([
      'tcp * 22',
      'tcp fe80::bda2:ff:0:1 443',
      'tcp ::1 631',
      'tcp 127.0.0.1 3306',
      'tcp ::ffff:127.0.0.1 8005',
      'udp * 68',
    ]);
    const big = 'range 1 2\nsource proc\norder 0102\nfile tcp\n   0: 7F000001:0CEA 00000000:0000 0A 0';
    expect(names(big)).toEqual(['tcp 127.0.0.1 3306']);
  });

  test('every address of IPv6 is written as others write it', () => {
    const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.boolean(), (groups, little) => {
        const hex = groups
          .map((one) => one.toString(16).padStart(4, '0'))
          .join('')
          .toUpperCase();
        const words = hex.match(/.{8}/g)!.map((word) => (little ? word.match(/../g)!.reverse().join('') : word));
        const line = `   0: ${words.join('')}:0050 00000000000000000000000000000000:0000 0A 0`;
        const lines = ['source proc', `order ${little ? '0201' : '0102'}`, 'file tcp6', line];
        const expected = new URL(`http://[${groups.map((one) => one.toString(16)).join(':')}]/`).hostname.slice(1, -1);
        const address = socketsOf(lines)!.sockets[0]!.address;
        const mapped = /^::ffff:(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
        const plain = mapped
          ? `::ffff:${[0, 2].map((at) => ((Number(mapped[at + 1]) << 8) | Number(mapped[at + 2])).toString(16)).join(':')}`
          : address;
        expect(plain).toBe(expected === '::' ? '*' : expected);
      }),
    );
  });

  test.each([
    '',
    'source ss',
    'source ss\nnetlink: no',
    'source ss\nNetid State x\ntcp nonsense',
    'source proc\norder 0000\nfile tcp',
  ])('%j is not understood', (text) => {
    expect(socketsOf(text.split('\n'))).toBeUndefined();
    expect(judged(listening, { open: [22] }, text).state).toBe('error');
    expect(judged(listeningChange, {}, text, { kept: { list: [] } }).state).toBe('error');
  });
});

describe('listening', () => {
  test('ports that must be open, and addresses', () => {
    expect(judged(listening, { open: [22, '80', '127.0.0.1:3306', '68/udp', '*:22'] }, debian)).toEqual({
      state: 'pass',
      message: 'ports as they should be: 5 open, 7 in all',
    });
    expect(judged(listening, { open: ['*:3306', 8080], level: 'warn' }, debian)).toMatchObject({
      state: 'warn',
      message: 'nothing listens on *:3306, only tcp 127.0.0.1:3306; and 1 more besides',
      details: [expect.anything(), 'nothing listens on 8080'],
    });
  });

  test('ports that must be closed', () => {
    expect(judged(listening, { closed: ['*:3306', 23] }, debian).state).toBe('pass');
    expect(judged(listening, { closed: [3306, 80] }, debian)).toMatchObject({
      state: 'fail',
      details: ['tcp *:80 (nginx) must not be open', 'tcp 127.0.0.1:3306 must not be open'],
    });
  });

  test('others: neither of the host alone, nor what clients got by chance', () => {
    expect(judged(listening, { open: [22, 80], others: 'fail' }, debian)).toMatchObject({
      state: 'fail',
      message: 'udp *:68 (dhclient) is not expected',
    });
    expect(judged(listening, { open: [22, 80], others: 'warn' }, debian).state).toBe('warn');
    expect(judged(listening, { open: [22, 80, '68/udp'], others: 'fail' }, debian).state).toBe('pass');
  });

  test.each([0, 70_000, 'http', '22/sctp', '1.2.3.4', '[::1]22', ''])('%j is no port', (port) => {
    expect(listening.withSchema.safeParse({ open: [port] }).success).toBe(false);
  });

  test.each(shells)('the probe in %s, with ss and without it', async (shell) => {
    const server = createServer().listen(0, '127.0.0.1');
    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    try {
      await Promise.all([once(server, 'listening'), once(udp, 'listening')]);
      const port = (server.address() as AddressInfo).port;
      const open = [`127.0.0.1:${port}`, `127.0.0.1:${udp.address().port}/udp`];
      expect(probedAndJudged(listening, { open }, { shell })).toMatchObject({ state: 'pass' });
      const world = { shell, without: ['ss'] };
      expect(probed(listening, { open }, world).lines).toContain('source proc');
      expect(probedAndJudged(listening, { open }, world)).toMatchObject({ state: 'pass' });
      expect(probedAndJudged(listening, { closed: open }, world)).toMatchObject({ state: 'fail' });
    } finally {
      server.close();
      udp.close();
    }
  });
});

describe('listening-change', () => {
  const kept = { list: ['tcp *:22', 'tcp *:80', 'udp *:68'] };

  test('the first run keeps the list', () => {
    expect(judged(listeningChange, {}, debian)).toEqual({
      state: 'pass',
      message: 'the first list of ports that listen is kept: 3',
      keep: kept,
    });
    expect(judged(listeningChange, {}, debian, { kept: 'damaged' }).keep).toEqual(kept);
  });

  test('tells what is new and what is gone, and keeps it only when it moved', () => {
    expect(judged(listeningChange, {}, debian, { kept })).toEqual({
      state: 'pass',
      message: 'the same ports listen as before: 3',
    });
    expect(
      judged(listeningChange, {}, debian, { kept: { list: ['tcp *:22', 'tcp *:443', 'udp *:68'] } }),
    ).toMatchObject({
      state: 'fail',
      message: 'other ports listen than before: 1 new, 1 gone',
      details: ['tcp *:80 (nginx) listens now', 'tcp *:443 does not listen any more'],
      keep: kept,
    });
    expect(judged(listeningChange, {}, debian, { kept: { list: [...kept.list, 'tcp *:9'] } })).toMatchObject({
      state: 'warn',
      message: 'tcp *:9 does not listen any more',
    });
    expect(
      judged(listeningChange, { gone: 'ignored' }, debian, { kept: { list: [...kept.list, 'tcp *:9'] } }),
    ).toMatchObject({
      state: 'pass',
      keep: kept,
    });
  });

  test('held to the first list, it tells until it is expected', () => {
    const about = { kept: { list: ['tcp *:22', 'udp *:68'] } };
    const first = judged(listeningChange, { since: 'first' }, debian, about);
    expect(first).toMatchObject({ state: 'fail', message: 'tcp *:80 (nginx) listens now' });
    expect(first).not.toHaveProperty('keep');
    expect(judged(listeningChange, { since: 'first', expected: ['tcp *:8*'] }, debian, about).state).toBe('pass');
  });
});

test('more sockets than are read are an error: somebody may have opened those in front', () => {
  const row = (port: number) => `udp   UNCONN 0      0      127.0.0.1:${port}   0.0.0.0:*`;
  const answer = (count: number) =>
    `${debian.trim().split('\n').slice(0, 3).join('\n')}\n${Array.from({ length: count }, (_, index) => row(index + 1)).join('\n')}`;
  expect(judged(listening, { closed: [23] }, answer(4000)).state).toBe('pass');
  expect(judged(listening, { closed: [23] }, answer(5000)).state).toBe('error');
});
