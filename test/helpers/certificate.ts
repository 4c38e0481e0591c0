import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate, by default for 127.0.0.1 and two days, that is its own authority, and its key, as PEM files in `folder`. */
export function makeCertificate(
  folder: string,
  name = 'server',
  names = 'IP:127.0.0.1',
  days = 2,
): { certificate: string; key: string } {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`, '-days', String(days)];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  execFileSync('openssl', ['req', '-x509', ...newKey, '-out', certificate, ...subject], { stdio: 'pipe' });
  return { certificate, key };
}

/** Copies of a certificate and its key in `folder` that belong to a server's user: servers refuse a key that others can read. */
export function ownedBy(
  user: { uid: number; gid: number } | undefined,
  folder: string,
  files: { certificate: string; key: string },
): { certificate: string; key: string } {
  const copies = { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key') };
  for (const name of ['certificate', 'key'] as const) {
    copyFileSync(files[name], copies[name]);
    chmodSync(copies[name], 0o600);
    if (user) chownSync(copies[name], user.uid, user.gid);
  }
  return copies;
}
