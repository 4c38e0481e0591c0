import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
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
 * can. A shell that lives as long as the reader starts it, and gets the names as quoted words: arguments of Node.js are text
 * and names are bytes, to fork this process, with all its memory, costs more than getfattr itself, and so does xargs(1).
 */
export class AttributeReader {
  #shell: AttributeShell | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #missing = false;

  /** True when getfattr is not installed: then nothing can be read. */
  get isMissing(): boolean {
    return this.#missing;
  }

  /** Attributes by absolute path; objects without any are not in the map. Objects that vanished are left out. */
  read(absolutePaths: readonly ByteString[]): Promise<Map<ByteString, Attributes>> {
    const reading = this.#last.catch(() => undefined).then(() => this.#read(absolutePaths));
    this.#last = reading;
    return reading;
  }

  /** Ends the shell. */
  close(): void {
    this.#shell?.close();
  }

  async #read(absolutePaths: readonly ByteString[]): Promise<Map<ByteString, Attributes>> {
    if (absolutePaths.length === 0 || this.#missing) return new Map();
    this.#shell ??= new AttributeShell();
    const { dump, code } = await this.#shell.dumpOf(absolutePaths);
    // sh(1): 127 = the command is not found, 126 = it cannot be run.
    if (code === 127 || code === 126) this.#missing = true;
    return parseDump(dump);
  }
}

const command = 'getfattr --absolute-names -h -d -m - -e hex --';
/** Words of one command: less than what execve(2) takes on any system (ARG_MAX). */
const maxWordsBytes = 100 * 1024;
/** Printed after the dump; no line of a dump looks like it. */
const endCommand = 'echo "#end $?"\n';
const endLine = /(?:^|\n)#end (\d{1,3})\n$/;
const maxEndBytes = 16;

class AttributeShell {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #output: Buffer[] = [];
  #answer: PromiseWithResolvers<{ dump: ByteString; code: number }> | undefined;
  #ended: { code: number } | { error: Error } | undefined;

  constructor() {
    this.#child = spawn('sh', ['-s'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      // Ctrl-C is for us: what is being read is finished. The shell ends with its input, also when we are killed.
      detached: true,
    });
    this.#child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', () => this.#end({ code: 127 }));
    this.#child.on('close', () => this.#end({ error: new Error('the shell that starts getfattr ended') }));
  }

  /** The dump of the names, and the exit code of the last command. One call at a time. */
  dumpOf(names: readonly ByteString[]): Promise<{ dump: ByteString; code: number }> {
    this.#answer = Promise.withResolvers();
    this.#output = [];
    if (this.#ended) this.#end(this.#ended);
    else this.#child.stdin.write(toBytes(`${commandsFor(names)}${endCommand}`));
    return this.#answer.promise;
  }

  close(): void {
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
  }

  #take(chunk: Buffer): void {
    this.#output.push(chunk);
    // The end may come in two pieces.
    const last = fromBytes(Buffer.concat(this.#output.slice(-maxEndBytes)).subarray(-maxEndBytes));
    const end = endLine.exec(last);
    if (!end) return;
    const all = fromBytes(Buffer.concat(this.#output));
    this.#output = [];
    this.#answer?.resolve({ dump: all.slice(0, all.lastIndexOf('#end ')), code: Number(end[1]) });
  }

  #end(ended: { code: number } | { error: Error }): void {
    this.#ended ??= ended;
    if ('error' in this.#ended) this.#answer?.reject(this.#ended.error);
    else this.#answer?.resolve({ dump: '', code: this.#ended.code });
  }
}

/** Command lines for sh(1). In single quotes every byte stands for itself, but for the quote. */
export function commandsFor(names: readonly ByteString[]): ByteString {
  let lines = '';
  let words = '';
  const end = () => {
    if (words !== '') lines += `${command}${words} </dev/null 2>/dev/null\n`;
    words = '';
  };
  for (const name of names) {
    if (words.length + name.length > maxWordsBytes) end();
    words += ` '${name.includes("'") ? name.replaceAll("'", "'\\''") : name}'`;
  }
  end();
  return lines;
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
