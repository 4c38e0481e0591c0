import { spawn } from 'node:child_process';
import type { ByteString } from '../format/byte-string.ts';
import { toBytes } from '../format/byte-string.ts';
import type { Entry } from '../format/entry.ts';

export type AttributedEntry = Pick<Entry, 'path' | 'type' | 'xattrs' | 'acl'>;

/**
 * Extended attributes by `setfattr --restore`, ACLs by `setfacl --restore`: one process each for all objects. Returns what
 * could not be set, for people.
 */
export async function setXattrs(root: ByteString, entries: readonly AttributedEntry[]): Promise<string[]> {
  const dump = entries
    .filter(({ xattrs }) => xattrs.length > 0)
    .map(({ path, xattrs }) => {
      const lines = xattrs.map(({ name, hex }) => (hex === '' ? `${quote(name)}\n` : `${quote(name)}=0x${hex}\n`));
      return `# file: ${quote(`${root}/${path}`)}\n${lines.join('')}\n`;
    });
  return dump.length === 0 ? [] : restoreDump('setfattr', ['-h', '--restore=-'], dump.join(''));
}

export async function setAcls(root: ByteString, entries: readonly AttributedEntry[]): Promise<string[]> {
  const dump = entries
    .filter(({ acl, type }) => acl !== undefined && type !== 'l')
    .map(({ path, acl }) => `# file: ${quote(`${root}/${path}`)}\n${acl!.split(',').join('\n')}\n\n`);
  return dump.length === 0 ? [] : restoreDump('setfacl', ['--restore=-'], dump.join(''));
}

/** Both programs read three octal digits for bytes that are not plain. */
function quote(name: ByteString): string {
  return name.replace(/[^A-Za-z0-9/._+:@-]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function restoreDump(program: string, args: readonly string[], dump: string): Promise<string[]> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < 100_000) said += chunk.toString('utf8');
    });
    child.on('error', () => resolve([`${program} is not installed: what it sets was left out`]));
    child.on('close', (code) => {
      const lines = said.split('\n').filter((line) => line !== '');
      resolve(code === 0 ? [] : lines.length > 0 ? lines : [`${program} ended with ${code}`]);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(toBytes(dump));
  });
}
