import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { makeCertificate } from './certificate.ts';
import { eventually } from './eventually.ts';
import { freePort } from './sshd.ts';

const nginx = '/usr/sbin/nginx';

/** The login page of an office-automation system: nginx on loopback, by HTTPS and by HTTP. */
export interface WebServer {
  /** Of the page by HTTPS. */
  url: string;
  port: number;
  plainUrl: string;
  /** PEM file of its authority: the certificate itself. */
  caFile: string;
  /** From now on its certificate is valid for so many days. */
  renew(days: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startWebServer(days: number): Promise<WebServer> {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-web-'));
  const [port, plainPort] = [await freePort(), await freePort()];
  const caFile = join(folder, 'shown.pem');
  const certify = (valid: number) => {
    const made = makeCertificate(folder, 'oa.example.com', 'IP:127.0.0.1,DNS:localhost', valid);
    copyFileSync(made.certificate, caFile);
    copyFileSync(made.key, join(folder, 'shown.key'));
  };
  certify(days);
  mkdirSync(join(folder, 'www'));
  writeFileSync(join(folder, 'www/login'), '<html><title>OA login</title></html>\n');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${folder}/tmp-${name};\n`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `${process.getuid?.() === 0 ? 'user root;\n' : ''}worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
${temporary.join('')}  server {
    listen 127.0.0.1:${plainPort};
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${caFile};
    ssl_certificate_key ${folder}/shown.key;
    root ${folder}/www;
    default_type text/html;
  }
}
`,
  );
  const server = spawn(nginx, ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], { stdio: 'ignore' });
  await eventually(async () => {
    if (server.exitCode !== null) throw new Error(`nginx ended: ${readFileSync(join(folder, 'error.log'), 'utf8')}`);
    return (await shown(port)) !== undefined;
  });
  return {
    url: `https://127.0.0.1:${port}/login`,
    port,
    plainUrl: `http://127.0.0.1:${plainPort}/login`,
    caFile,
    renew: async (valid) => {
      certify(valid);
      const wanted = new X509Certificate(readFileSync(caFile)).fingerprint256;
      server.kill('SIGHUP');
      await eventually(async () => (await shown(port)) === wanted);
    },
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      // To the master: it ends its workers.
      server.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Fingerprint of the certificate that the server shows; undefined: it does not answer. */
function shown(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', () => resolve(undefined));
  });
}
