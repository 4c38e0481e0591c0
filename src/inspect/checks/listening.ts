import { z } from 'zod';
import { inFull, inShort } from '../judging/in-short.ts';
import { levelKey } from '../judging/level.ts';
import { fits, type PortSpec, portSpecSchema } from '../judging/port-spec.ts';
import { isLoopback, nameOf, type Socket, socketsOf, socketsProbe } from '../reading/sockets.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z
  .strictObject({
    open: z.array(portSpecSchema).default([]).describe('On each of these, something must listen.'),
    closed: z.array(portSpecSchema).default([]).describe('On none of these, anything may listen.'),
    others: z
      .enum(['allowed', 'warn', 'fail'])
      .default('allowed')
      .describe(
        'What ports are that are in neither list and can be reached from outside. UDP ports that clients got by chance do not count.',
      ),
    level: levelKey('fail'),
  })
  .refine(({ open, closed, others }) => open.length + closed.length > 0 || others !== 'allowed', {
    error: 'write open, closed or others',
  });
type With = z.infer<typeof withSchema>;

/** Which ports listen, as the host itself sees it. */
export const listening: HostCheckType<With> = {
  name: 'listening',
  place: 'host',
  title: { en: 'Ports that listen', 'zh-CN': '监听端口' },
  withSchema,
  probe: socketsProbe,
  words: () => [],
  judge({ open, closed, others, level }, { lines, truncated }) {
    const found = truncated ? undefined : socketsOf(lines);
    if (!found) return { state: 'error', message: 'the host did not tell its ports' };
    const { sockets, byChance } = found;
    const missing = open.filter((spec) => !sockets.some((socket) => fits(spec, socket)));
    const forbidden = sockets.filter((socket) => closed.some((spec) => fits(spec, socket)));
    const isNamed = (socket: Socket) => [...open, ...closed].some((spec) => fits(spec, socket));
    const more =
      others === 'allowed'
        ? []
        : sockets.filter(
            (socket) =>
              !isNamed(socket) &&
              !isLoopback(socket) &&
              !(socket.protocol === 'udp' && socket.port >= byChance.low && socket.port <= byChance.high),
          );
    const wrong = [
      ...missing.map((spec) => missingText(spec, sockets)),
      ...forbidden.map((socket) => `${socketText(socket)} must not be open`),
      ...more.map((socket) => `${socketText(socket)} is not expected`),
    ];
    if (wrong.length === 0)
      return { state: 'pass', message: `ports as they should be: ${open.length} open, ${sockets.length} in all` };
    const state = missing.length + forbidden.length > 0 ? level : 'warn';
    return {
      state: more.length > 0 && others === 'fail' ? 'fail' : state,
      message: inShort(wrong),
      details: inFull(wrong),
      next: 'Look at what listens: ss -lntup.',
    };
  },
};

/** `tcp *:22 (sshd)`. */
export function socketText(socket: Socket): string {
  return socket.program === undefined ? nameOf(socket) : `${nameOf(socket)} (${socket.program})`;
}

function missingText(spec: PortSpec, sockets: readonly Socket[]): string {
  const elsewhere = sockets.filter(({ protocol, port }) => protocol === spec.protocol && port === spec.port);
  return elsewhere.length === 0
    ? `nothing listens on ${spec.text}`
    : `nothing listens on ${spec.text}, only ${elsewhere.map(nameOf).join(', ')}`;
}
