import { type Socket, connect as tcpConnect } from 'node:net';
import { messageOf, OaopsError } from '../../core/errors.ts';

const connectReasons: Record<string, [string, string]> = {
  ENOTFOUND: ['no-such-name', 'its name is not known'],
  EAI_AGAIN: ['no-such-name', 'its name cannot be looked up now'],
  ECONNREFUSED: ['refused', 'nothing listens there'],
  EHOSTUNREACH: ['unreachable', 'there is no route to it'],
  ENETUNREACH: ['no-network', 'the network is not reachable'],
  ETIMEDOUT: ['timeout', 'no answer in time'],
  ECONNRESET: ['reset', 'it closed the connection'],
};

/** Opens a connection. @throws OaopsError `connect-failed`; whatever `signal` was aborted with */
export function openSocket(
  { host, port, timeoutMs }: { host: string; port: number; timeoutMs: number },
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = tcpConnect({ host, port });
    const end = (error?: unknown) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      if (error === undefined) return resolve(socket);
      socket.destroy();
      reject(error);
    };
    const abort = () => end(signal.reason);
    const timer = setTimeout(() => end(connectFailed(host, port, { code: 'ETIMEDOUT' })), timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => end());
    socket.once('error', (error) => end(connectFailed(host, port, error)));
  });
}

function connectFailed(host: string, port: number, cause: unknown): OaopsError {
  const code = (cause as { code?: string }).code ?? '';
  const [reason, words] = connectReasons[code] ?? ['other', messageOf(cause)];
  return new OaopsError('connect-failed', `${host} port ${port} cannot be reached: ${words}`, {
    details: { host, port, reason },
    cause,
  });
}
