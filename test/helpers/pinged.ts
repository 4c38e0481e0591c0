import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Pinged {
  method: string;
  path: string;
  body: string;
}

/** A server on loopback that notes what it is told, and answers as the test says. */
export async function pingServer(
  answer: (response: ServerResponse, request: IncomingMessage, count: number) => void = (response) =>
    void response.end('OK'),
) {
  const pings: Pinged[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      pings.push({ method: request.method!, path: request.url!, body });
      answer(response, request, pings.length);
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return { url, pings, close, [Symbol.asyncDispose]: close };
}
