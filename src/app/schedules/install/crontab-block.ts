import { OaopsError, usageError } from '../../../core/errors.ts';
import { ExitCode } from '../../../core/exit-codes.ts';
import type { Invocation } from './invocation.ts';

/*
 * Texts of crontabs are `latin1` strings here, a character for each byte: what others wrote there comes out as it went in, whatever its encoding.
 */
const begin = '# BEGIN oaops: written by "oaops schedule install", taken away by "oaops schedule uninstall"';
const end = '# END oaops';
/** Of vixie cron, and so of Debian; longer commands are cut off or refused. */
const longestCommand = 990;

/** The lines that have cron run `oaops tick` every minute. @throws OaopsError `crontab-line-long` (exit 2) */
export function crontabBlock({ node, script, env }: Invocation): string {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${shellWord(value)}`);
  const command = ['/usr/bin/env', ...settings, shellWord(node), shellWord(script), 'tick', '-q'].join(' ');
  // A bare % ends the command, in quotation marks too: crontab(5).
  const line = Buffer.from(`* * * * * ${command.replaceAll('%', '\\%')}`, 'utf8').toString('latin1');
  if (line.length > longestCommand)
    throw usageError(
      'crontab-line-long',
      `the line for the crontab has ${line.length} characters, of which cron reads ${longestCommand}`,
      {
        next: 'Install with a shorter PATH: PATH=/usr/local/bin:/usr/bin:/bin oaops schedule install --crontab.',
      },
    );
  return `${begin}\n${line}\n${end}\n`;
}

/** The crontab with this block in the place of the one before, else at its end; `''` takes the block away. @throws as `ownPart` */
export function withBlock(crontab: string, block: string): string {
  const own = ownPart(crontab);
  if (own) return crontab.slice(0, own.from) + block + crontab.slice(own.to);
  if (block === '') return crontab;
  return `${crontab}${crontab === '' || crontab.endsWith('\n') ? '' : '\n'}${block}`;
}

/**
 * Where the block stands. @throws OaopsError `crontab-damaged` (exit 4): its marks are not a pair, so that nobody can say what lies between them
 */
export function ownPart(crontab: string): { from: number; to: number } | undefined {
  const starts = [...crontab.matchAll(/^# BEGIN oaops\b.*(?:\n|$)/gm)];
  const ends = [...crontab.matchAll(/^# END oaops\b.*(?:\n|$)/gm)];
  if (starts.length === 0 && ends.length === 0) return undefined;
  const [first, last] = [starts[0], ends[0]];
  if (starts.length !== 1 || ends.length !== 1 || first!.index > last!.index)
    throw new OaopsError(
      'crontab-damaged',
      'the marks of oaops in the crontab are not one pair, "# BEGIN oaops" before "# END oaops"',
      {
        exitCode: ExitCode.refused,
        next: 'Take them and what lies between them out with "crontab -e", then run again.',
      },
    );
  return { from: first!.index, to: last!.index + last![0].length };
}

/** For /bin/sh. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
