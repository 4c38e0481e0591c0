import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { OaopsError } from '../../core/errors.ts';
import { Gate } from '../../core/gate.ts';
import type { Target } from '../../engine/ports.ts';
import { ChannelRefused, connect, Dropped, type SshConnection, usualMaxSessions } from './connection.ts';
import type { HeldChannel } from './held-channel.ts';
import { jumpTarget, type SshDoorOptions, type SshSettings, sshSettings } from './settings.ts';

/** Handshakes that go on at once: they cost CPU on both sides, and a jump host limits them (sshd_config(5) MaxStartups). */
const maxHandshakes = 32;
/** Connections to one host: more than one only when its MaxSessions is used up. */
const maxConnectionsPerHost = 3;

/** After a server has dropped a connection unheard; up to twice as long. */
const pausesMs = [200, 500, 1000, 2000];

/** A channel in which a command has been started. */
export interface OpenChannel {
  channel: ClientChannel;
  /** Whether the far side has said how the command ended; when the session was lost, it has not. */
  hasExited: () => boolean;
  isConnected: () => boolean;
}

/** A shared promise, which one of its users stops waiting for. */
async function untilAborted<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([shared, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Gives the connection of a jump host; `path` are the targets on the way, to notice a circle. */
type Jump = (hop: string, before: string[], path: readonly string[]) => Promise<SshConnection>;

/** The connections to one target: opened when needed, used again, more than one only when channels run out. */
export class HostPool {
  readonly target: Target;
  /** False when its login shell or server has not taken a script within a command. */
  takesScripts = true;
  readonly #door: SshDoorOptions;
  readonly #handshakes: Gate;
  readonly #jump: Jump;
  readonly #ended = new AbortController();
  #connections: SshConnection[] = [];
  #opening: Promise<SshConnection> | undefined;
  #urgent: SshConnection | undefined;
  #urgentOpening: Promise<SshConnection> | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #held = new Set<HeldChannel>();

  constructor(target: Target, door: SshDoorOptions, handshakes: Gate, jump: Jump) {
    this.target = target;
    this.#door = door;
    this.#handshakes = handshakes;
    this.#jump = jump;
  }

  /** Read for each connection: known_hosts may have got a line since. */
  settings(): Promise<SshSettings> {
    return sshSettings(this.target, this.#door);
  }

  /** A living connection, whatever its channels. */
  async connection(signal: AbortSignal, path: readonly string[] = []): Promise<SshConnection> {
    if (path.includes(this.target.host)) {
      throw new OaopsError('ssh-jump-loop', `the jump hosts of ${path[0]} lead in a circle at ${this.target.host}`, {
        next: 'Check ProxyJump in the inventory and in ssh_config.',
      });
    }
    this.#connections = this.#connections.filter((connection) => !connection.closed);
    return this.#connections[0] ?? this.#open(signal, path);
  }

  /**
   * Starts a command in a channel; waits for a free one when the server allows no more. `urgent` (ending a process tree)
   * has a connection of its own, so that it never waits for what it is to end.
   */
  async exec(command: string, signal: AbortSignal, urgent = false): Promise<OpenChannel> {
    let lost = 0;
    let refused = 0;
    for (;;) {
      signal.throwIfAborted();
      const connection = await (urgent ? this.#urgentConnection(signal) : this.#freeConnection(signal));
      if (connection.used >= connection.limit) {
        await this.#channelFreed(signal);
        continue;
      }
      const others = connection.used;
      connection.used++;
      try {
        const { channel, hasExited } = await connection.exec(command);
        connection.open++;
        connection.mostOpen = Math.max(connection.mostOpen, connection.open);
        channel.once('close', () => {
          connection.open--;
          this.#release(connection);
        });
        return { channel, hasExited, isConnected: () => !connection.closed };
      } catch (error) {
        this.#release(connection);
        // It died while nobody used it. Nothing has been sent, so another one may be tried.
        if (connection.closed && ++lost <= 2) continue;
        if (!(error instanceof ChannelRefused)) throw error;
        // A server that has opened one before still counts it for a moment after it was closed.
        if (others === 0 && (connection.mostOpen === 0 || ++refused > 20)) {
          throw new OaopsError('ssh-session-refused', `${this.target.name} does not start commands: ${error.message}`, {
            next: 'Check MaxSessions and ForceCommand of its sshd.',
          });
        }
        // As many as were open at once, the server allows; it may count one that has just been closed.
        connection.limit = Math.max(1, connection.mostOpen);
        await delay(refused > 3 ? 250 : 20);
      }
    }
  }

  async #freeConnection(signal: AbortSignal): Promise<SshConnection> {
    this.#connections = this.#connections.filter((connection) => !connection.closed);
    const free = this.#connections.find((connection) => connection.used < connection.limit);
    if (free) return free;
    if (this.#opening || this.#connections.length < maxConnectionsPerHost) return this.#open(signal);
    return this.#connections[0]!;
  }

  async #urgentConnection(signal: AbortSignal): Promise<SshConnection> {
    const roomy = this.#connections.find((connection) => !connection.closed && connection.used < connection.limit);
    // The usual connection, as long as nothing has ever been refused on it.
    if (roomy && roomy.limit === usualMaxSessions && roomy.used < usualMaxSessions - 1) return roomy;
    if (this.#urgent?.closed) this.#urgent = undefined;
    this.#urgentOpening ??= (this.#urgent ? Promise.resolve(this.#urgent) : this.#connect([])).finally(() => {
      this.#urgentOpening = undefined;
    });
    this.#urgent = await untilAborted(this.#urgentOpening, signal);
    return this.#urgent;
  }

  /** Keeps a channel that waits for a word, until somebody else needs it. */
  hold(channel: HeldChannel): HeldChannel {
    this.#held.add(channel);
    void channel.closed.then(() => this.#held.delete(channel));
    if (this.#waiting.length > 0) channel.letGo();
    return channel;
  }

  closeAll(): void {
    this.#ended.abort();
    for (const connection of this.#connections.splice(0)) connection.end();
    this.#urgent?.end();
  }

  /** Concurrent callers share one handshake, which does not end with one of them; ConnectTimeout bounds it. */
  async #open(signal: AbortSignal, path: readonly string[] = []): Promise<SshConnection> {
    this.#opening ??= this.#connect(path)
      .then((connection) => {
        this.#connections.push(connection);
        return connection;
      })
      .finally(() => {
        this.#opening = undefined;
      });
    return untilAborted(this.#opening, signal);
  }

  async #connect(path: readonly string[]): Promise<SshConnection> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#connectOnce(path);
      } catch (error) {
        if (!(error instanceof Dropped)) throw error;
        const pauseMs = pausesMs[tries];
        if (pauseMs === undefined) throw error.failure;
        // Not all at the same moment again.
        await delay(randomInt(pauseMs, 2 * pauseMs), undefined, { signal: this.#ended.signal });
      }
    }
  }

  async #connectOnce(path: readonly string[]): Promise<SshConnection> {
    const settings = await this.settings();
    const last = settings.jumps.at(-1);
    let socket: Awaited<ReturnType<SshConnection['forward']>> | undefined;
    if (last !== undefined) {
      const jump = await this.#jump(last, settings.jumps.slice(0, -1), [...path, this.target.host]);
      socket = await jump.forward(settings.host, settings.port);
    }
    const signal = this.#ended.signal;
    const connection = await this.#handshakes.run(() => connect(settings, this.#door.secrets, signal, socket));
    connection.onClose(() => this.#wake());
    return connection;
  }

  #release(connection: SshConnection): void {
    connection.used--;
    this.#wake();
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  #channelFreed(signal: AbortSignal): Promise<void> {
    for (const held of this.#held) held.letGo();
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      // It may have come while a connection was looked for.
      if (signal.aborted) abort();
      this.#waiting.push(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
  }
}

/** All connections of this process, by target; jump hosts are shared by everything behind them. */
export class ConnectionPool {
  readonly #door: SshDoorOptions;
  readonly #handshakes = new Gate(maxHandshakes);
  readonly #hosts = new Map<string, HostPool>();

  constructor(door: SshDoorOptions) {
    const told = new Set<string>();
    const warn = (message: string) => {
      // Each connection reads the same files again.
      if (!told.has(message)) door.warn(message);
      told.add(message);
    };
    this.#door = { ...door, warn };
  }

  host(target: Target): HostPool {
    const key = JSON.stringify([
      target.host,
      target.port,
      target.user,
      target.identityFile,
      target.proxyJump,
      target.password,
    ]);
    let pool = this.#hosts.get(key);
    if (!pool) {
      const jump: Jump = (hop, before, path) => {
        const parsed = jumpTarget(hop);
        const through = before.length > 0 ? { ...parsed, proxyJump: before.join(',') } : parsed;
        return this.host(through).connection(new AbortController().signal, path);
      };
      pool = new HostPool(target, this.#door, this.#handshakes, jump);
      this.#hosts.set(key, pool);
    }
    return pool;
  }

  closeAll(): void {
    for (const pool of this.#hosts.values()) pool.closeAll();
    this.#hosts.clear();
  }
}
