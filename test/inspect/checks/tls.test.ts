import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { netDoor } from '../../../src/connectors/net/net.ts';
import { makeCertificate } from '../../helpers/certificate.ts';
import { needs, packagesMissing } from '../../helpers/needs.ts';
import { type PostgresServer, startPostgres } from '../../helpers/postgres.ts';
import { makeCheck } from '../../helpers/probe.ts';
import { type LdapServer, startSlapd } from '../../helpers/slapd.ts';
import { startSmtp, type TestSmtp } from '../../helpers/smtp.ts';
import { freePort } from '../../helpers/sshd.ts';

const make = (args: Record<string, unknown>, nowMs?: number) =>
  makeCheck('tls', args, { ...(nowMs === undefined ? {} : { nowMs }), doors: { net: async () => netDoor() } });

const open: Server[] = [];
const sockets = new Set<Socket>();
async function listen(server: Server): Promise<number> {
  open.push(server);
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of open) await new Promise((resolve) => server.close(resolve));
});

describe('servers', () => {
  let folder: string;
  let files: { certificate: string; key: string };
  let options: TlsOptions;
  beforeEach(needs('openssl'));
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'oaops-tls-'));
    if (packagesMissing('openssl').length > 0) return;
    files = makeCertificate(folder, 'server', 'IP:127.0.0.1,DNS:oa.test');
    options = { cert: readFileSync(files.certificate), key: readFileSync(files.key) };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('trust, names and days', async () => {
    const port = await listen(createTlsServer(options));
    const good = { port, caFile: files.certificate, warn: '1:', fail: '0:' };
    expect(await make(good)).toMatchObject({
      state: 'pass',
      message: expect.stringMatching(/^CN=server is valid for (1\.9|2) more days$/),
      measures: [{ name: 'days', warn: '1:', fail: '0:' }],
      details: expect.arrayContaining(['names: IP Address:127.0.0.1, DNS:oa.test', 'protocol: TLSv1.3']),
    });
    expect(await make({ ...good, serverName: 'oa.test' })).toMatchObject({ state: 'pass' });
    expect(await make({ ...good, serverName: 'mail.test' })).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/^CN=server is not for mail\.test; /),
    });
    const { caFile: _, ...unknown } = good;
    expect(await make(unknown)).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/^CN=server is not trusted: it is signed by itself; /),
    });
    expect(await make({ ...unknown, trusted: false })).toMatchObject({ state: 'pass' });
    expect(await make({ ...good, caFile: join(folder, 'none.pem') })).toMatchObject({
      state: 'error',
      message: `the certificate authority ${folder}/none.pem cannot be read (ENOENT)`,
    });
  });

  test('a chain, and one that lacks its middle', async () => {
    const at = (name: string) => join(folder, name);
    const ssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe' });
    const request = (name: string) => {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at(`${name}.key`)];
      ssl('req', ...key, '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
    };
    makeCertificate(folder, 'root', 'DNS:root');
    writeFileSync(at('ca.ext'), 'basicConstraints=critical,CA:true\n');
    writeFileSync(at('leaf.ext'), 'subjectAltName=IP:127.0.0.1\n');
    const sign = (name: string, by: string, extensions: string, days: string) =>
      ssl(
        'x509',
        '-req',
        '-in',
        at(`${name}.csr`),
        '-CA',
        at(`${by}.pem`),
        '-CAkey',
        at(`${by}.key`),
        '-set_serial',
        days,
        '-days',
        days,
        '-extfile',
        at(extensions),
        '-out',
        at(`${name}.pem`),
      );
    request('middle');
    sign('middle', 'root', 'ca.ext', '40');
    request('leaf');
    sign('leaf', 'middle', 'leaf.ext', '90');
    const key = readFileSync(at('leaf.key'));
    const [leaf, middle] = [readFileSync(at('leaf.pem')), readFileSync(at('middle.pem'))];
    const whole = await listen(createTlsServer({ key, cert: Buffer.concat([leaf, middle]) }));
    const broken = await listen(createTlsServer({ key, cert: leaf }));
    const ends = { warn: '80:', caFile: at('root.pem') };
    expect(await make({ ...ends, port: whole })).toMatchObject({
      state: 'warn',
      message: expect.stringMatching(
        /^CN=(middle|root) above it is valid for [\d.]+ more days; CN=leaf is valid for (89\.9|90) more days$/,
      ),
    });
    expect(await make({ ...ends, port: broken })).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(
        /^CN=leaf is not trusted: its authority is not known here, or the server leaves out an intermediate certificate; /,
      ),
    });
  });

  test('a server that takes what is old', async () => {
    const old = await listen(createTlsServer({ ...options, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }));
    const strict = await listen(createTlsServer({ ...options, minVersion: 'TLSv1.2' }));
    const good = { caFile: files.certificate, warn: '1:', fail: '0:' };
    expect(await make({ ...good, port: old, minProtocol: 'TLSv1.2' })).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/^the server takes TLSv1\.1; /),
    });
    expect(await make({ ...good, port: strict, minProtocol: 'TLSv1.2' })).toMatchObject({ state: 'pass' });
    expect(await make({ ...good, port: strict, minProtocol: 'TLSv1.3' })).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/^the server takes TLSv1\.2; /),
    });
  });

  test('no server, no encryption, no word', async () => {
    const port = await freePort();
    expect(await make({ port })).toMatchObject({
      state: 'fail',
      message: `127.0.0.1 port ${port} cannot be reached: nothing listens there`,
    });
    const plain = await listen(createServer((socket) => socket.end('hello\n')));
    expect(await make({ port: plain })).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/^no encrypted connection with 127\.0\.0\.1 port \d+: /),
    });
    const silent = await listen(createServer());
    expect(await make({ port: silent, timeout: '200ms' })).toMatchObject({
      state: 'fail',
      message: `no encrypted connection with 127.0.0.1 port ${silent}: no answer in time`,
    });
    expect((await make({ host: 'no-such-name.invalid' })).state).toBe('error');
  });

  test.each([
    ['imap', '* OK ready\r\n', /^a1 STARTTLS\r\n$/, 'a1 OK go on\r\n'],
    ['pop3', '+OK ready\r\n', /^STLS\r\n$/, '+OK go on\r\n'],
  ])('%s: encryption is asked for', async (startTls, greeting, wanted, yes) => {
    const server = createServer((socket) => {
      socket.write(greeting);
      socket.once('data', (said) => {
        if (!wanted.test(String(said))) return socket.destroy();
        socket.write(yes);
        new TLSSocket(socket, { isServer: true, ...options } as never).on('error', () => {});
      });
    });
    const made = await make({
      port: await listen(server),
      startTls,
      caFile: files.certificate,
      warn: '1:',
      fail: '0:',
    });
    expect(made).toMatchObject({ state: 'pass' });
  });

  test.each([
    ['as OpenLDAP writes it', '300c02010178070a010004000400', 'pass'],
    ['as Active Directory writes it', '3084000000100201017884000000070a010004000400', 'pass'],
    ['refused', '300c02010178070a013404000400', 'fail'],
  ])('ldap, %s', async (_name, answer, state) => {
    const server = createServer((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from(answer, 'hex'));
        new TLSSocket(socket, { isServer: true, ...options } as never).on('error', () => {});
      });
    });
    const made = await make({
      port: await listen(server),
      startTls: 'ldap',
      caFile: files.certificate,
      warn: '1:',
      fail: '0:',
    });
    expect(made.state).toBe(state);
  });

  test('a server that has none says so', async () => {
    const port = await listen(createServer((socket) => socket.end('* BYE full\r\n')));
    expect(await make({ port, startTls: 'imap' })).toMatchObject({
      state: 'fail',
      message: `no encrypted connection with 127.0.0.1 port ${port}: it said "* BYE full"`,
    });
  });
});

describe('SMTP', () => {
  let smtp: TestSmtp;
  beforeAll(async () => {
    smtp = await startSmtp();
  });
  afterAll(() => smtp.stop());

  test('a real conversation', async () => {
    const made = await make({ port: smtp.port, startTls: 'smtp', trusted: false });
    expect(made.details.join('\n')).toMatch(/protocol: TLSv1\.3/);
    expect(made.message).toMatch(/is not for 127\.0\.0\.1; /);
  });
});

describe('PostgreSQL', () => {
  let server: PostgresServer;
  let folder: string;
  let certificate: string;
  beforeEach(needs('postgres', 'openssl'));
  beforeAll(async () => {
    if (packagesMissing('postgres', 'openssl').length > 0) return;
    folder = mkdtempSync(join(tmpdir(), 'oaops-tls-'));
    const files = makeCertificate(folder);
    certificate = files.certificate;
    server = await startPostgres({ certificate: files });
  });
  afterAll(async () => {
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test('its own way to ask for encryption', async () => {
    const made = await make({ port: server.port, startTls: 'postgres', caFile: certificate, warn: '1:', fail: '0:' });
    expect(made).toMatchObject({ state: 'pass' });
  });
});

describe('LDAP', () => {
  let server: LdapServer;
  let folder: string;
  let certificate: string;
  beforeEach(needs('slapd', 'slapadd', 'openssl'));
  beforeAll(async () => {
    if (packagesMissing('slapd', 'slapadd', 'openssl').length > 0) return;
    folder = mkdtempSync(join(tmpdir(), 'oaops-tls-'));
    const files = makeCertificate(folder);
    certificate = files.certificate;
    server = await startSlapd(1, { certificate: files });
  });
  afterAll(async () => {
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test('StartTLS of a real directory', async () => {
    const port = Number(new URL(server.url).port);
    const made = await make({ port, startTls: 'ldap', caFile: certificate, warn: '1:', fail: '0:' });
    expect(made).toMatchObject({ state: 'pass' });
  });
});

test('a server that is silent the second time has not refused what is old', async () => {
  const own = mkdtempSync(join(tmpdir(), 'oaops-tls-'));
  const { certificate, key } = makeCertificate(own, 'oa', 'DNS:oa.test', 90);
  const pair = { cert: readFileSync(certificate), key: readFileSync(key) };
  rmSync(own, { recursive: true });
  let number = 0;
  const secured = createTlsServer({ ...pair, minVersion: 'TLSv1.2' });
  const port = await listen(createServer((socket) => void (++number === 1 && secured.emit('connection', socket))));
  const found = await make({
    port,
    host: '127.0.0.1',
    serverName: 'oa.test',
    trusted: false,
    minProtocol: 'TLSv1.2',
    timeout: '500ms',
  });
  expect(found).toMatchObject({ state: 'error', message: expect.stringContaining('no answer in time') });
});
