import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { listening } from '../../../src/inspect/checks/listening.ts';
import { listeningChange } from '../../../src/inspect/checks/listening-change.ts';
import { judged, probed, probedAndJudged, shells } from '../../helpers/probe-world.ts';
import { debian, notSockets } from '../reading/socket-samples.ts';

test.each(notSockets)('%j is not understood', (text) => {
  expect(judged(listening, { open: [22] }, text).state).toBe('error');
  expect(judged(listeningChange, {}, text, { kept: { list: [] } }).state).toBe('error');
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
