import { spawn } from 'node:child_process';
import { type ByteString, fromBytes, toBytes } from '../format/byte-string.ts';
import type { Xattr } from '../format/entry.ts';
import { aclText } from './acl.ts';

export interface Attributes {
  xattrs: Xattr[];
  acl: string | undefined;
}

const accessAcl = 'system.posix_acl_access';
const defaultAcl = 'system.posix_acl_default';

/**
 * Extended attributes and POSIX ACLs of many objects at once. Node.js cannot read them, getfattr(1) of the package `attr`
 * can; names go to it through `xargs -0`, because arguments of Node.js are text and names are bytes.
 */
export class AttributeReader {
  #missing = false;

  /** True when getfattr is not installed: then nothing can be read. */
  get isMissing(): boolean {
    return this.#missing;
  }

  /** Attributes by absolute path; objects without any are not in the map. Objects that vanished are left out. */
  async read(absolutePaths: readonly ByteString[]): Promise<Map<ByteString, Attributes>> {
    if (absolutePaths.length === 0 || this.#missing) return new Map();
    const input = toBytes(`${absolutePaths.join('\0')}\0`);
    const child = spawn('xargs', ['-0', 'getfattr', '--absolute-names', '-h', '-d', '-m', '-', '-e', 'hex', '--'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    // A getfattr that cannot be started ends xargs before it read all.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const code = await new Promise<number | null>((resolve) => {
      child.on('error', () => resolve(127));
      child.on('close', resolve);
    });
    // xargs(1): 127 = the command is not found, 126 = it cannot be run.
    if (code === 127 || code === 126) this.#missing = true;
    return parseDump(fromBytes(Buffer.concat(output)));
  }
}

/** Reads the dump format of getfattr(1): `# file: PATH`, `name=0xhex` lines, an empty line. */
export function parseDump(dump: ByteString): Map<ByteString, Attributes> {
  const found = new Map<ByteString, Attributes>();
  let current: Attributes | undefined;
  let access: string | undefined;
  let path = '';
  const flush = (defaults?: string) => {
    if (!current) return;
    const acl = aclText(access, defaults);
    found.set(path, { xattrs: current.xattrs.sort((a, b) => (a.name < b.name ? -1 : 1)), acl });
  };
  let defaults: string | undefined;
  for (const line of dump.split('\n')) {
    if (line.startsWith('# file: ')) {
      path = unquote(line.slice(8));
      current = { xattrs: [], acl: undefined };
      access = undefined;
      defaults = undefined;
    } else if (line === '') {
      flush(defaults);
      current = undefined;
    } else if (current) {
      const equals = line.lastIndexOf('=0x');
      // An empty value has no `=`.
      const name = unquote(equals < 0 ? line.replace(/=$/, '') : line.slice(0, equals));
      const hex = equals < 0 ? '' : line.slice(equals + 3).toLowerCase();
      if (name === accessAcl) access = hex;
      else if (name === defaultAcl) defaults = hex;
      else current.xattrs.push({ name, hex });
    }
  }
  flush(defaults);
  return found;
}

/** getfattr writes unusual bytes of names as three octal digits. */
function unquote(name: ByteString): ByteString {
  return name.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
