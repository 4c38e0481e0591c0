import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { BerReader, BerWriter, PagedResultsControl, PresenceFilter, SearchRequest } from 'ldapts';

/** A request as the script of a test sees it. */
export interface LdapAsked {
  /** `0x60` bind, `0x63` search, `0x77` extended, `0x42` unbind: the tag of RFC 4511. */
  operation: number;
  search?: { base: string; attributes: string[]; cookie: string; pageSize: number };
}

/** What the script answers with. */
export type LdapAnswer =
  | { entry: string | Buffer; attributes: Record<string, (string | Buffer)[]> }
  | { refer: string }
  | { done: number; message?: string; cookie?: string }
  | { bytes: Buffer }
  | 'hang up';

export interface ScriptedLdap {
  url: string;
  asked: LdapAsked[];
  stop(): Promise<void>;
}

/** A directory on loopback that says what it is told to, for what no OpenLDAP does. */
export async function startScriptedLdap(script: (asked: LdapAsked) => LdapAnswer[] | undefined): Promise<ScriptedLdap> {
  const asked: LdapAsked[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      for (;;) {
        const reader = new BerReader(received);
        if (received.length === 0 || reader.readSequence() === null || reader.remain < reader.length) return;
        const end = reader.offset + reader.length;
        const request = readRequest(received.subarray(0, end));
        received = received.subarray(end);
        asked.push(request.asked);
        for (const answer of script(request.asked) ?? []) {
          if (answer === 'hang up') socket.destroy();
          else socket.write('bytes' in answer ? answer.bytes : written(request.id, request.asked.operation, answer));
        }
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function readRequest(message: Buffer): { id: number; asked: LdapAsked } {
  const reader = new BerReader(message);
  reader.readSequence();
  const id = reader.readInt() ?? 0;
  const operation = reader.readSequence() ?? 0;
  if (operation !== 0x63) return { id, asked: { operation } };
  const search = new SearchRequest({ messageId: id, filter: new PresenceFilter() });
  search.parse(reader, []);
  const paged = search.controls?.find((control) => control instanceof PagedResultsControl);
  const cookie = paged?.value?.cookie?.toString() ?? '';
  const pageSize = paged?.value?.size ?? 0;
  return { id, asked: { operation, search: { base: search.baseDN, attributes: search.attributes, cookie, pageSize } } };
}

function written(id: number, operation: number, answer: Exclude<LdapAnswer, 'hang up' | { bytes: Buffer }>): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  if ('entry' in answer) {
    writer.startSequence(0x64);
    writeBytes(writer, answer.entry);
    writer.startSequence();
    for (const [type, values] of Object.entries(answer.attributes)) {
      writer.startSequence();
      writer.writeString(type);
      writer.startSequence(0x31);
      for (const value of values) writeBytes(writer, value);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
    writer.endSequence();
  } else if ('refer' in answer) {
    writer.startSequence(0x73);
    writer.writeString(answer.refer);
    writer.endSequence();
  } else {
    // The result of an operation has the tag after that of its request; that of a search the next but one.
    writer.startSequence(operation === 0x63 ? 0x65 : operation + 1);
    writer.writeEnumeration(answer.done);
    writer.writeString('');
    writer.writeString(answer.message ?? '');
    writer.endSequence();
    if (answer.cookie !== undefined) {
      writer.startSequence(0xa0);
      new PagedResultsControl({ value: { size: 0, cookie: Buffer.from(answer.cookie) } }).write(writer);
      writer.endSequence();
    }
  }
  writer.endSequence();
  return writer.buffer;
}

function writeBytes(writer: BerWriter, value: string | Buffer): void {
  if (typeof value === 'string') writer.writeString(value);
  else writer.writeBuffer(value, 0x04);
}
