import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import type { SecretDoor } from '../../engine/ports.ts';
import { type Authentication, authenticationOf } from './auth.ts';
import { checkHostKey, fingerprintOf, hostKeyAlgorithms, keyTypeOf, knownKeyTypes } from './known-hosts.ts';
import type { SshSettings } from './settings.ts';

/** Channels that OpenSSH allows on one connection unless told otherwise (sshd_config(5) MaxSessions). */
export const usualMaxSessions = 10;

/** Said by the server when it does not open a further channel. */
export class ChannelRefused extends Error {}

/** The server has closed the connection before it said who it is: it may take another one later. */
export class Dropped extends Error {
  /** For who tries no more. */
  readonly failure: OaopsError;
  constructor(failure: OaopsError) {
    super(failure.message);
    this.failure = failure;
  }
}

/** One verified and authenticated connection, with a count of its channels. */
export class SshConnection {
  readonly settings: SshSettings;
  readonly #client: Client;
  /** Session channels in use, and how many the server is believed to allow. */
  used = 0;
  /** Channels that are open now, and the most that ever were at once. */
  open = 0;
  mostOpen = 0;
  limit = usualMaxSessions;
  closed = false;
  readonly #onClose = new Set<() => void>();

  constructor(client: Client, settings: SshSettings) {
    this.#client = client;
    this.settings = settings;
    // Errors after the login end the connection; channels get to know by their own close events.
    client.on('error', () => this.#close());
    client.on('close', () => this.#close());
    client.on('end', () => this.#close());
  }

  /** Starts a command in a channel of its own. @throws ChannelRefused, OaopsError `session-lost` */
  exec(command: string): Promise<{ channel: ClientChannel; hasExited: () => boolean }> {
    return new Promise((resolve, reject) => {
      const gone = () =>
        reject(
          new OaopsError('session-lost', `the connection to ${this.settings.name} was lost`, {
            next: 'Try again when the network is stable.',
          }),
        );
      if (this.closed) return gone();
      const forget = this.onClose(gone);
      try {
        this.#client.exec(command, (error, channel) => {
          if (error && /no response|not connected|not open/i.test(error.message)) return this.end();
          forget();
          // Whatever else it is, the server has said no.
          if (error) return reject(new ChannelRefused(error.message));
          // Listened for at once: a short command has ended before the promise is looked at.
          let exited = false;
          channel.once('exit', () => {
            exited = true;
          });
          resolve({ channel, hasExited: () => exited });
        });
      } catch {
        // ssh2 knows that the connection is lost before its events say so.
        this.end();
      }
    });
  }

  /** A stream to another host, opened by this one (jump host). */
  forward(host: string, port: number): Promise<Duplex> {
    const { connectTimeoutMs, name } = this.settings;
    return new Promise((resolve, reject) => {
      const refuse = (why: string) =>
        reject(
          new OaopsError('host-unreachable', `${name} cannot reach ${host}:${port}: ${why}`, {
            next: `Check the name and the network on ${name}, and AllowTcpForwarding of its sshd.`,
            details: { jump: name },
          }),
        );
      let late = false;
      // A jump host may try for minutes when packets get lost behind it.
      const timer = setTimeout(() => {
        late = true;
        refuse('it did not answer in time');
      }, connectTimeoutMs);
      const gone = () => {
        clearTimeout(timer);
        refuse('the connection was lost');
      };
      const forget = this.onClose(gone);
      if (this.closed) return;
      this.#client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
        clearTimeout(timer);
        forget();
        if (error) refuse(error.message);
        else if (late) channel.destroy();
        else resolve(channel);
      });
    });
  }

  /** Calls the listener once; gives a function that takes it back. */
  onClose(listener: () => void): () => void {
    if (this.closed) listener();
    else this.#onClose.add(listener);
    return () => this.#onClose.delete(listener);
  }

  end(): void {
    this.#client.end();
    this.#client.destroy();
    this.#close();
  }

  #close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const listener of [...this.#onClose]) listener();
    this.#onClose.clear();
  }
}

/**
 * Connects, verifies the host key, logs in.
 * @param socket the way through a jump host; absent = a TCP connection
 * @throws Dropped
 * @throws OaopsError `host-unreachable`, `host-key-unknown`, `host-key-changed`, `host-key-revoked`, `auth-failed`, `key-encrypted`, `ssh-handshake-failed`
 */
export async function connect(
  settings: SshSettings,
  secrets: SecretDoor | undefined,
  signal: AbortSignal,
  socket?: Duplex,
): Promise<SshConnection> {
  signal.throwIfAborted();
  const authentication = await authenticationOf(settings, secrets);
  const { NodeSSH } = await import('node-ssh');
  const ssh = new NodeSSH();
  let refusal: OaopsError | undefined;
  const verify = (key: Buffer): boolean => {
    refusal = refusalOf(settings, key);
    return refusal === undefined;
  };
  const connecting = ssh.connect({
    ...(socket ? { sock: socket } : { host: settings.host, port: settings.port }),
    username: settings.user,
    hostVerifier: verify,
    // ssh2 takes them in this order; the first that the server has too is used.
    algorithms: {
      serverHostKey: hostKeyAlgorithms(knownKeyTypes(settings.knownHosts, settings.keyName, settings.keyPort)) as never,
    },
    authHandler: authentication.methods,
    readyTimeout: settings.connectTimeoutMs,
    keepaliveInterval: settings.keepaliveMs,
    keepaliveCountMax: settings.keepaliveCount,
  });
  // Set before the first await inside connect(); later errors must always find a listener.
  const client = ssh.connection!;
  client.on('error', () => {});
  // Small packets at once: with Nagle's algorithm each round trip waits 40 ms for a delayed acknowledgement.
  client.setNoDelay(true);
  let firstWords: string | undefined;
  client.once('connect', () => {
    (client as unknown as { _sock?: Duplex })._sock?.once('data', (chunk: Buffer) => {
      firstWords = chunk.toString('latin1', 0, 100);
    });
  });
  const abort = () => client.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await connecting;
    return new SshConnection(client, settings);
  } catch (error) {
    client.destroy();
    signal.throwIfAborted();
    if (isDropped(error, firstWords)) throw new Dropped(unreachable(settings, 'it drops connections', error, dropNext));
    throw refusal ?? connectError(settings, error, authentication);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Why a host key is not accepted, or undefined when it is known. */
function refusalOf(settings: SshSettings, key: Buffer): OaopsError | undefined {
  const verdict = checkHostKey(settings.knownHosts, settings.keyName, settings.keyPort, key);
  const fingerprint = fingerprintOf(key);
  const type = keyTypeOf(key);
  const details = {
    host: settings.host,
    port: settings.port,
    fingerprint,
    keyType: type,
    files: settings.knownHostsFiles,
  };
  const file = settings.knownHostsFiles[0] ?? '~/.ssh/known_hosts';
  switch (verdict.state) {
    case 'known':
      return undefined;
    case 'revoked':
      return new OaopsError(
        'host-key-revoked',
        `the host key of ${settings.name} (${fingerprint}) is revoked in ${verdict.by.file}:${verdict.by.line}`,
        {
          next: 'Do not use this host before its administrator has explained it.',
          details,
        },
      );
    case 'changed': {
      const known = verdict.known[0]!;
      return new OaopsError(
        'host-key-changed',
        `the host key of ${settings.name} has changed: it shows ${type} ${fingerprint}, ${known.file}:${known.line} has ${fingerprintOf(known.key)}`,
        {
          next: 'Somebody may be in between. Find out from its administrator; only if the host was set up anew, replace the line.',
          details,
        },
      );
    }
    case 'unknown': {
      const why = verdict.onlyAuthority
        ? ', and lines of a certificate authority cannot be used here'
        : verdict.otherTypes.length > 0
          ? ` (known are keys of type ${verdict.otherTypes.join(', ')})`
          : '';
      return new OaopsError(
        'host-key-unknown',
        `the host key of ${settings.name} is not known: it shows ${type} ${fingerprint}${why}`,
        {
          next: addKey(settings, file),
          details,
        },
      );
    }
  }
}

function addKey(settings: SshSettings, file: string): string {
  const compare =
    'Compare the fingerprint on the host itself (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then add it';
  const scan = `ssh-keyscan${settings.port === 22 ? '' : ` -p ${settings.port}`} ${settings.host}`;
  return settings.keyName === settings.host
    ? `${compare}: ${scan} >> ${file}`
    : `${compare} to ${file} under the name ${settings.keyName}: ${scan} shows it.`;
}

function connectError(settings: SshSettings, error: unknown, authentication: Authentication): OaopsError {
  const level = (error as { level?: string }).level;
  const message = messageOf(error);
  const place = `${settings.name} (${settings.user}@${settings.host}:${settings.port})`;
  const details = { host: settings.host, port: settings.port, user: settings.user };
  if (level === 'client-authentication' || level === 'agent') {
    if (authentication.encryptedKey !== undefined) {
      return new OaopsError('key-encrypted', `the key ${authentication.encryptedKey} for ${place} needs a passphrase`, {
        next: `Load it into an agent: ssh-add ${authentication.encryptedKey}`,
        details,
      });
    }
    const notes = authentication.notes.length > 0 ? ` (${authentication.notes.join('; ')})` : '';
    return new OaopsError('auth-failed', `${place} refused every way to log in${notes}`, {
      next: `Try it by hand with the same account: ssh -v -p ${settings.port} ${settings.user}@${settings.host}`,
      details,
    });
  }
  if (level === 'handshake' || level === 'protocol') {
    return new OaopsError('ssh-handshake-failed', `no ssh connection with ${place}: ${message}`, {
      next: `See what it says to "ssh -v -p ${settings.port} ${settings.user}@${settings.host}": it may be no ssh server, or know only old algorithms.`,
      details,
    });
  }
  const reasons: Record<string, string> = {
    ENOTFOUND: 'its name is not known',
    EAI_AGAIN: 'its name cannot be looked up now',
    ECONNREFUSED: 'nothing listens there',
    EHOSTUNREACH: 'there is no route to it',
    ENETUNREACH: 'the network is not reachable',
    ETIMEDOUT: 'it does not answer',
    ECONNRESET: 'it closed the connection',
  };
  const reason = level === 'client-timeout' ? 'it did not answer in time' : (reasons[errnoOf(error) ?? ''] ?? message);
  return unreachable(settings, reason, error, 'Check its name, its power and the network in between.');
}

const dropNext = 'Look at its load and at MaxStartups of its sshd, or take fewer hosts at once (--parallel).';

/** sshd closes what is over its MaxStartups, or from an address that it penalizes, with a word that is no protocol, or none. */
function isDropped(error: unknown, firstWords: string | undefined): boolean {
  const isSilent = firstWords === undefined || /^(?:Exceeded MaxStartups|Not allowed at this time)/.test(firstWords);
  return isSilent && (errnoOf(error) === 'ECONNRESET' || messageOf(error) === 'Connection lost before handshake');
}

function unreachable(settings: SshSettings, reason: string, cause: unknown, next: string): OaopsError {
  const { name, user, host, port } = settings;
  return new OaopsError('host-unreachable', `${name} (${user}@${host}:${port}) cannot be reached: ${reason}`, {
    next,
    details: { host, port, user },
    cause,
  });
}
