import { withVia } from '../types.ts';
import { cutOff, exists, loadFailed } from './refusals.ts';
import type { Loader } from './types.ts';

const configName = 'cn=config.ldif';

/**
 * A directory of its own: DIR/slapd.d from the dump of cn=config, in which each database lies in DIR/data-<n>, and the data by
 * slapadd(8). `slapd -F DIR/slapd.d -h ldap://127.0.0.1:PORT` starts it.
 */
export const loadLdap: Loader = async (dump, context) => {
  const { target, source } = context;
  const folder = target.database.replace(/\/+$/, '');
  const config = source.dumps.find(({ file }) => file === configName);
  if (!config)
    throw loadFailed(
      'the dump has no cn=config, without which there is no directory to load it into',
      'Write the file with "oaops backup cat", and load it with slapadd into a directory that you have made.',
    );
  const shell = (text: string, ...parameters: string[]) => ({
    argv: withVia(target, ['/bin/sh', '-c', text, 'oaops', ...parameters]),
  });
  const there = await context.ask(shell('if [ -e "$1" ] || [ -L "$1" ]; then echo yes; fi', folder), 'sh');
  if (there.trim() === 'yes') {
    if (!target.replace) throw exists('the folder', folder);
    await context.ask(
      shell('[ -d "$1/slapd.d" ] && [ ! -L "$1" ] && rm -rf "$1/slapd.d" "$1"/data-* && rmdir "$1"', folder),
      'rm',
    );
  }
  const { text, folders } = moved(await context.read(config), folder);
  await context.ask(
    shell('umask 077; for d in "$@"; do mkdir -p "$d" || exit 1; done', `${folder}/slapd.d`, ...folders),
    'mkdir',
  );
  const slapadd = (...args: string[]) => ({
    argv: withVia(target, ['slapadd', '-q', '-F', `${folder}/slapd.d`, ...args]),
  });
  await context.ask(slapadd('-n', '0'), 'slapadd', text);
  if (dump.file === configName) return { file: dump.file, entries: count(text) };
  const suffix = dump.database ?? '';
  const names = new NameCounter();
  await context.feed(dump, slapadd('-b', suffix), 'slapadd', { observe: (chunk) => names.push(chunk) });
  const listed = await context.ask(
    shell(`slapcat -F "$1" -b "$2" | grep -c '^dn:'`, `${folder}/slapd.d`, suffix),
    'slapcat',
  );
  const entries = Number(listed.trim());
  if (entries !== names.count) throw cutOff('slapadd');
  return { file: dump.file, entries };
};

/** The configuration with every database in a folder of its own below `folder`. */
function moved(ldif: string, folder: string): { text: string; folders: string[] } {
  const folders: string[] = [];
  const text = ldif.replace(/^olcDbDirectory::? .*$/gm, () => {
    const data = `${folder}/data-${folders.length + 1}`;
    folders.push(data);
    return `olcDbDirectory:: ${Buffer.from(data).toString('base64')}`;
  });
  return { text, folders };
}

function count(ldif: string): number {
  return ldif.match(/^dn::? /gm)?.length ?? 0;
}

/** Counts lines that begin with `dn:` in a stream. */
class NameCounter {
  count = 0;
  #rest = '\n';

  push(chunk: Uint8Array): void {
    const text = this.#rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
    this.count += text.match(/\ndn:/g)?.length ?? 0;
    // Shorter than what is looked for, so that nothing is counted twice.
    this.#rest = text.slice(-3);
  }
}
