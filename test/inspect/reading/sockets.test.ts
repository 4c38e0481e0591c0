import fc from 'fast-check';
import { expect, test } from 'vitest';
import { socketsOf } from '../../../src/inspect/reading/sockets.ts';
import { centos7, debian, notSockets, proc } from './socket-samples.ts';

const names = (text: string) =>
  socketsOf(text.trim().split('\n'))?.sockets.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`);

test('sockets are read from every ss', () => {
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

test('sockets are read from /proc/net, whatever the order of bytes', () => {
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

test.each(notSockets)('%j is not understood', (text) => {
  expect(socketsOf(text.split('\n'))).toBeUndefined();
});
