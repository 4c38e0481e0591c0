import { z } from 'zod';
import { changeKeys, changes } from '../judging/changes.ts';
import { isLoopback, nameOf, socketsOf, socketsProbe } from '../reading/sockets.ts';
import type { HostCheckType } from '../types.ts';
import { socketText } from './listening.ts';

const withSchema = z.strictObject({
  loopback: z.boolean().default(false).describe('Ports that only the host itself reaches count too.'),
  ...changeKeys,
});
type With = z.infer<typeof withSchema>;

/** Ports that listen now and did not before, and the other way round. UDP ports that clients got by chance do not count. */
export const listeningChange: HostCheckType<With> = {
  name: 'listening-change',
  place: 'host',
  title: { en: 'Changes of the ports that listen', 'zh-CN': '监听端口变化' },
  withSchema,
  keeps: true,
  probe: socketsProbe,
  words: () => [],
  judge({ loopback, ...args }, { lines, truncated }, about) {
    const found = truncated ? undefined : socketsOf(lines);
    if (!found) return { state: 'error', message: 'the host did not tell its ports' };
    const { sockets, byChance } = found;
    const looked = sockets.filter(
      (socket) =>
        (loopback || !isLoopback(socket)) &&
        !(socket.protocol === 'udp' && socket.port >= byChance.low && socket.port <= byChance.high),
    );
    const byEntry = new Map(looked.map((socket) => [nameOf(socket), socket]));
    return changes(
      [...byEntry.keys()],
      args,
      about,
      {
        first: (count) => `the first list of ports that listen is kept: ${count}`,
        same: (count) => `the same ports listen as before: ${count}`,
        changed: (added, gone) => `other ports listen than before: ${added} new, ${gone} gone`,
        added: (entry) => `${entry} listens now`,
        gone: (entry) => `${entry} does not listen any more`,
        next: 'Look at what listens: ss -lntup.',
      },
      (entry) => {
        const socket = byEntry.get(entry);
        return socket ? socketText(socket) : entry;
      },
    );
  },
};
