import { z } from 'zod';
import type { Socket } from '../reading/sockets.ts';

/** A port as an inspection names it. */
export interface PortSpec {
  text: string;
  protocol: Socket['protocol'];
  port: number;
  /** undefined: any; `*`: all addresses at once. */
  address: string | undefined;
}

/** `22`, `53/udp`, `127.0.0.1:5432`, `[::1]:631/tcp`, `*:3306`. */
export const portSpecSchema = z
  .union([z.int().min(1).max(65_535), z.string()])
  .refine((text) => tryPortSpec(text) !== undefined, {
    error: 'not a port; write 22, 53/udp, 127.0.0.1:5432, or *:3306 for one on all addresses',
  })
  .transform((text): PortSpec => tryPortSpec(text)!)
  .meta({
    id: 'listeningPort',
    description:
      'A port, with /udp when it is not TCP, with its address before a colon: 22, 53/udp, 127.0.0.1:5432, [::1]:631; *:3306 is one on all addresses.',
  });

function tryPortSpec(written: string | number): PortSpec | undefined {
  const text = String(written);
  const match = /^(?:(\*|[0-9.]+|\[[0-9a-fA-F:.]+\]):)?(\d{1,5})(?:\/(tcp|udp))?$/.exec(text);
  if (!match) return undefined;
  const [, address, digits, protocol = 'tcp'] = match;
  const port = Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  const bare = address?.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return {
    text,
    protocol: protocol as Socket['protocol'],
    port,
    address: bare === '0.0.0.0' || bare === '::' ? '*' : bare,
  };
}

/** Whether a socket is one of those that the spec names. */
export function fits({ protocol, port, address }: PortSpec, socket: Socket): boolean {
  return socket.protocol === protocol && socket.port === port && (address === undefined || socket.address === address);
}
