import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import {
  type AddResponse,
  type BindResponse,
  type DeleteResponse,
  type ExtendedResponse,
  MessageParser,
  type ModifyDNResponse,
  type ModifyResponse,
  SearchReference,
  type SearchResponse,
} from 'ldapts';
import { Frames } from './frames.ts';
import { type RawEntry, searchEntryOf } from './search-entry.ts';

type Result =
  | SearchResponse
  | BindResponse
  | ExtendedResponse
  | ModifyResponse
  | AddResponse
  | DeleteResponse
  | ModifyDNResponse;
export type Request = Parameters<MessageParser['read']>[1] extends Map<string, { message: infer M }> ? M : never;

/** What came back for one request: its result, and before that the entries and references of a search. */
export interface Answer {
  result: Result;
  entries: RawEntry[];
  references: string[];
}

interface Pending {
  entries: RawEntry[];
  references: string[];
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** The connection came to an end, or brought what is no answer. */
export class ConversationError extends Error {}

/**
 * One connection to a directory, one request after the other. Messages are those of the library. Its client is not used: it connects anew without
 * a word when a connection is lost, and then without login and encryption, and it takes an empty page for the last one.
 */
export class Conversation {
  #socket: Socket;
  #parser = new MessageParser();
  #pending: Pending | undefined;
  #requests = new Map<string, { message: Request }>();
  #ended: Error | undefined;
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  /** `tls`: from the first byte. */
  static async open(
    { host, port, tls }: { host: string; port: number; tls?: ConnectionOptions },
    signal: AbortSignal,
  ): Promise<Conversation> {
    signal.throwIfAborted();
    const socket = tls ? connectTls({ ...tls, ...named(host), port }) : connect({ host, port });
    await ready(socket, tls ? 'secureConnect' : 'connect', signal);
    return new Conversation(socket);
  }

  /** The result of a request, whatever it says. `make` is given the id of its message. */
  async send(make: (messageId: number) => Request, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const message = make(++this.#lastId);
    const stop = () => this.#end(signal.reason as Error);
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#pending = { entries: [], references: [], resolve, reject };
        this.#requests = new Map([[String(this.#lastId), { message }]]);
        signal.addEventListener('abort', stop, { once: true });
        this.#socket.write(message.write());
      });
    } finally {
      signal.removeEventListener('abort', stop);
      this.#pending = undefined;
    }
  }

  /** Encrypts the connection from here on; the server has agreed to it. */
  async encrypt(host: string, tls: ConnectionOptions, signal: AbortSignal): Promise<void> {
    if (this.#ended) throw this.#ended;
    const plain = this.#socket;
    plain.removeAllListeners();
    // What came in clear is not read as if it had come encrypted.
    this.#parser = new MessageParser();
    const socket = connectTls({ ...tls, ...named(host), socket: plain });
    await ready(socket, 'secureConnect', signal);
    this.#socket = socket;
    this.#listen(socket);
  }

  close(farewell?: (messageId: number) => Request): void {
    if (!this.#ended && farewell) this.#socket.end(farewell(++this.#lastId).write());
    this.#end(new ConversationError('it was closed'));
  }

  #listen(socket: Socket): void {
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new ConversationError('the server closed the connection')));
    this.#parser.on('error', (error) => this.#end(new ConversationError('the answer is not LDAP', { cause: error })));
    this.#parser.on('message', (message) => this.#take(message));
    const parser = this.#parser;
    const frames = new Frames();
    socket.on('data', (data: Buffer) => {
      try {
        for (const message of frames.push(data)) {
          if (parser !== this.#parser) continue;
          const entry = searchEntryOf(message);
          if (entry) this.#takeEntry(entry);
          else parser.read(message, this.#requests);
        }
      } catch (error) {
        this.#end(new ConversationError('the answer is not LDAP', { cause: error }));
      }
    });
  }

  #takeEntry(entry: RawEntry): void {
    if (entry.messageId === this.#lastId && this.#pending) this.#pending.entries.push(entry);
    else this.#end(new ConversationError('the server sent what it was not asked for, or hung up'));
  }

  #take(message: { messageId: number }): void {
    const pending = this.#pending;
    // Message 0 is the notice that the server hangs up (RFC 4511 section 4.4.1).
    if (message.messageId !== this.#lastId || !pending) {
      this.#end(new ConversationError('the server sent what it was not asked for, or hung up'));
    } else if (message instanceof SearchReference) pending.references.push(...message.uris);
    else pending.resolve({ result: message as Result, entries: pending.entries, references: pending.references });
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#pending?.reject(this.#ended);
    this.#socket.destroySoon();
    if (this.#pending) this.#socket.destroy();
  }
}

/** The name that the certificate must have; an address is not sent to the server (RFC 6066 section 3). */
function named(host: string): ConnectionOptions {
  return { host, servername: isIP(host) === 0 ? host : '' };
}

async function ready(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  const stop = () => socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(event, resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new ConversationError('the server closed the connection')));
    });
    socket.removeAllListeners('error').removeAllListeners('close');
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
