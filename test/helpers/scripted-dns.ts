import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const types: Readonly<Record<string, number>> = { A: 1, NS: 2, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33 };

export interface ScriptedDns {
  /** `127.0.0.1:PORT` */
  address: string;
  stop(): Promise<void>;
}

/**
 * A name server on loopback that knows what `zone` says: `{'oa.test A': ['10.0.0.1']}`; another name does not exist, another type of a known name
 * has no record. A list of `null` is never answered, one of a number is answered by that code (2: it failed, 5: refused).
 */
export async function startDns(zone: Record<string, string[] | null | number>): Promise<ScriptedDns> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = questionOf(query);
    const asked = Object.entries(types).find(([, number]) => number === type)?.[0] ?? '';
    const known = zone[`${name} ${asked}`];
    if (known === null) return;
    const exists = Object.keys(zone).some((key) => key.startsWith(`${name} `));
    const code = typeof known === 'number' ? known : exists ? 0 : 3;
    const records = Array.isArray(known) ? known.map((value) => dataOf(asked, value)) : [];
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180 | code, 2);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    const answers = records.map((data) => {
      const head = Buffer.alloc(12);
      // The name is that of the question.
      head.writeUInt16BE(0xc00c, 0);
      head.writeUInt16BE(type, 2);
      head.writeUInt16BE(1, 4);
      head.writeUInt32BE(60, 6);
      head.writeUInt16BE(data.length, 10);
      return Buffer.concat([head, data]);
    });
    socket.send(Buffer.concat([header, query.subarray(12, end), ...answers]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (; query[at] !== 0; at += query[at]! + 1) labels.push(query.subarray(at + 1, at + 1 + query[at]!).toString());
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function dataOf(type: string, value: string): Buffer {
  const short = (number: string) => Buffer.from([Number(number) >> 8, Number(number) & 255]);
  const words = value.split(' ');
  switch (type) {
    case 'A':
      return Buffer.from(value.split('.').map(Number));
    case 'AAAA':
      return Buffer.from(value.split(':').flatMap((part) => [...short(String(Number.parseInt(part || '0', 16)))]));
    case 'TXT':
      return Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)]);
    case 'MX':
      return Buffer.concat([short(words[0]!), nameOf(words[1]!)]);
    case 'SRV':
      return Buffer.concat([...words.slice(0, 3).map(short), nameOf(words[3]!)]);
    default:
      return nameOf(value);
  }
}

function nameOf(name: string): Buffer {
  return Buffer.concat([
    ...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}
