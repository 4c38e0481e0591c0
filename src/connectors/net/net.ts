import { promises as dns } from 'node:dns';
import { isIP, type Socket } from 'node:net';
import { errnoOf, messageOf, OaopsError } from '../../core/errors.ts';
import { oneLine } from '../../core/plain-text.ts';
import type { NetDoor } from '../../inspect/ports.ts';
import { shownCertificate } from './certificate.ts';
import { openSocket } from './socket.ts';

/** Connections and names, for checks made from this machine. */
export function netDoor(): NetDoor {
  return {
    connect: async ({ host, port, timeoutMs, bannerMs = 0, send }, signal) => {
      const startedMs = performance.now();
      const socket = await openSocket({ host, port, timeoutMs }, signal);
      try {
        const connectMs = performance.now() - startedMs;
        const banner = bannerMs > 0 ? await firstWords(socket, bannerMs, send, signal) : '';
        return { connectMs, banner };
      } finally {
        socket.destroy();
      }
    },
    certificate: shownCertificate,
    lookUp: async ({ name, type, server, timeoutMs }, signal) => {
      const resolver = new dns.Resolver({ timeout: timeoutMs, tries: 1 });
      if (server !== undefined) resolver.setServers([await serverAddress(server)]);
      signal.throwIfAborted();
      const cancel = () => resolver.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return (await records(resolver, name, type)).sort();
      } catch (error) {
        signal.throwIfAborted();
        const reason = dnsReasons[errnoOf(error) ?? ''] ?? messageOf(error);
        throw new OaopsError('dns-failed', `${type} of ${name} cannot be looked up: ${reason}`, {
          details: { reason: errnoOf(error) === 'ENOTFOUND' || errnoOf(error) === 'ENODATA' ? 'no-record' : 'other' },
          cause: error,
        });
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },
  };
}

const dnsReasons: Record<string, string> = {
  ENOTFOUND: 'there is no such name',
  ENODATA: 'there is no such record',
  ETIMEOUT: 'no answer in time',
  ECONNREFUSED: 'nothing listens on the name server',
  ESERVFAIL: 'the name server failed',
  EREFUSED: 'the name server refused',
};

/** What the other side says first; nothing when it is silent for so long. */
async function firstWords(socket: Socket, ms: number, send: string | undefined, signal: AbortSignal): Promise<string> {
  if (send !== undefined) socket.write(send);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const chunks: Buffer[] = [];
  const end = () => resolve();
  const abort = () => reject(signal.reason);
  const timer = setTimeout(end, ms);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (chunk.includes(10) || chunks.reduce((sum, { length }) => sum + length, 0) > 1024) end();
  });
  socket.once('close', end);
  socket.once('error', end);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
  const said = Buffer.concat(chunks);
  return oneLine(said.toString('utf8').trimEnd()).slice(0, 200);
}

/** An address, with its port if it has one; a name is looked up, as c-ares takes none. @throws OaopsError `dns-failed` */
async function serverAddress(server: string): Promise<string> {
  const [, name = server, port] = /^(?:\[?([^\]]*?)\]?)(?::(\d+))?$/.exec(isIP(server) ? `[${server}]` : server) ?? [];
  const address = isIP(name)
    ? name
    : await dns.lookup(name).then(
        (found) => found.address,
        (error: unknown) => {
          throw new OaopsError('dns-failed', `the name server ${name} is not known`, {
            details: { reason: 'other' },
            cause: error,
          });
        },
      );
  const bracketed = isIP(address) === 6 ? `[${address}]` : address;
  return port === undefined ? bracketed : `${bracketed}:${port}`;
}

async function records(resolver: dns.Resolver, name: string, type: string): Promise<string[]> {
  switch (type) {
    case 'A':
      return resolver.resolve4(name);
    case 'AAAA':
      return resolver.resolve6(name);
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}`);
    case 'SRV':
      return (await resolver.resolveSrv(name)).map((record) =>
        [record.priority, record.weight, record.port, record.name].join(' '),
      );
    case 'TXT':
      return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
    case 'PTR':
      return isIP(name) ? resolver.reverse(name) : resolver.resolvePtr(name);
    case 'NS':
      return resolver.resolveNs(name);
    default:
      return resolver.resolveCname(name);
  }
}
