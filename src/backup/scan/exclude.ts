import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, usageError } from '../../core/errors.ts';
import { type ByteString, fromText } from '../format/byte-string.ts';

/**
 * Patterns from files, one per line; empty lines and lines that begin with # are skipped.
 * @throws OaopsError `exclude-file-unreadable` (exit 2): a backup without its excludes may hold what must not be in it
 */
export function excludesIn(files: readonly string[], cwd: string): string[] {
  return files.flatMap((file) => {
    let text: string;
    try {
      text = readFileSync(resolve(cwd, file), 'utf8');
    } catch (error) {
      throw usageError('exclude-file-unreadable', `the file of exclude patterns cannot be read: ${messageOf(error)}`, {
        next: 'Give the path of a text file with one pattern per line.',
      });
    }
    return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  });
}

/**
 * Turns exclude patterns into one test of absolute paths (byte strings with a leading slash).
 * A pattern with a slash before its end is matched against the whole path (a leading slash anchors it at `/`, otherwise it
 * may begin at any folder); one without is matched against the last name. `*` and `?` stop at slashes, `**` does not, `[abc]`
 * is a set. What lies in an excluded folder is excluded with it.
 */
export function compileExcludes(patterns: readonly string[]): (absolutePath: ByteString) => boolean {
  const sources = patterns.map((pattern) => pattern.trim()).filter((pattern) => pattern !== '');
  if (sources.length === 0) return () => false;
  const regex = new RegExp(sources.map(patternSource).join('|'), 's');
  return (path) => regex.test(path);
}

function patternSource(pattern: string): string {
  const bare = pattern.replace(/\/+$/, '');
  const body = globSource(fromText(bare.replace(/^\//, '')));
  return bare.startsWith('/') ? `^/${body}$` : `(?:^|/)${body}$`;
}

/** A UTF-8 sequence (RFC 3629) is one character; a byte that is none stands for itself. */
const oneCharacter = '(?:[\\xc2-\\xdf][\\x80-\\xbf]|[\\xe0-\\xef][\\x80-\\xbf]{2}|[\\xf0-\\xf4][\\x80-\\xbf]{3}|[^/])';

function globSource(glob: ByteString): string {
  let out = '';
  for (let i = 0; i < glob.length; i++) {
    const character = glob[i]!;
    if (glob.startsWith('**/', i)) {
      out += '(?:.*/)?';
      i += 2;
    } else if (glob.startsWith('**', i)) {
      out += '.*';
      i += 1;
    } else if (character === '*') out += '[^/]*';
    else if (character === '?') out += oneCharacter;
    else if (character === '[') {
      const end = glob.indexOf(']', i + 2);
      if (end < 0) out += '\\[';
      else {
        const set = glob.slice(i + 1, end).replace(/[\\[\]^]/g, '\\$&');
        out += set.startsWith('!') ? `[^/${set.slice(1)}]` : `[${set}]`;
        i = end;
      }
    } else out += character.replace(/[.+^$(){}|\\]/g, '\\$&').replace(']', '\\]');
  }
  return out;
}
