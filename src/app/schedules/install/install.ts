import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { App } from '../../../app.ts';
import { writeFileDurable } from '../../../core/durable-file.ts';
import { OaopsError } from '../../../core/errors.ts';
import { ExitCode } from '../../../core/exit-codes.ts';
import { crontabBlock, withBlock } from './crontab-block.ts';
import { type Invocation, leftBehind } from './invocation.ts';
import { mustRun, runProgram } from './programs.ts';
import { systemdUnits, unitMark, unitName } from './systemd-units.ts';

export type Place = 'crontab' | 'systemd';

/** One file, as it is and as it is to be. */
export interface Change {
  file: string;
  action: 'add' | 'change' | 'remove' | 'none';
  /** Lines that go (`-`) and come (`+`). */
  diff: string[];
}

export interface Installed {
  place: Place;
  changes: Change[];
  /** What the user has to know or do. */
  notes: string[];
}

/** Where systemd runs it is what starts things; cron is asked where it does not. */
export function usualPlace(): Place {
  return existsSync('/run/systemd/system') ? 'systemd' : 'crontab';
}

/** Where there is something to take away; a machine may have only one of the two programs. */
export function installedPlaces(app: App): Place[] {
  const hasUnits = [`${unitName}.timer`, `${unitName}.service`].some((name) => existsSync(join(unitFolder(app), name)));
  return [...(hasCrontab(app) ? (['crontab'] as const) : []), ...(hasUnits ? (['systemd'] as const) : [])];
}

function hasCrontab(app: App): boolean {
  try {
    return /^# (BEGIN|END) oaops\b/m.test(readCrontab(app));
  } catch (error) {
    // Of a machine without cron there is nothing to take away.
    if (error instanceof OaopsError && error.code === 'program-missing') return false;
    throw error;
  }
}

/** @throws OaopsError `crontab-unreadable`, `program-failed` (exit 1), `crontab-damaged`, `unit-foreign` (exit 4) */
export function install(app: App, invocation: Invocation, place: Place, dryRun: boolean): Installed {
  const notes = leftBehind(app.env).map(
    (name) =>
      `${name} is set here and is not taken over, for it may be a secret; the configuration can hold it or a reference to it`,
  );
  const done =
    place === 'crontab'
      ? changeCrontab(app, crontabBlock(invocation), dryRun)
      : changeUnits(app, systemdUnits(invocation, scopeOf(app)), dryRun);
  return { ...done, notes: [...notes, ...done.notes] };
}

export function uninstall(app: App, places: readonly Place[], dryRun: boolean): Installed[] {
  return places.map((place) =>
    place === 'crontab'
      ? changeCrontab(app, '', dryRun)
      : changeUnits(app, { [`${unitName}.timer`]: null, [`${unitName}.service`]: null }, dryRun),
  );
}

function changeCrontab(app: App, block: string, dryRun: boolean): Installed {
  const before = readCrontab(app);
  const after = withBlock(before, block);
  const { diff, ...change } = changeOf('crontab', before, after);
  const shown = diff.map((line) => Buffer.from(line, 'latin1').toString('utf8'));
  if (!dryRun && after !== before) {
    if (after === '') mustRun('crontab', ['-r'], app.env);
    else mustRun('crontab', ['-'], app.env, Buffer.from(after, 'latin1'));
  }
  return { place: 'crontab', changes: [{ ...change, diff: shown }], notes: [] };
}

/** As bytes, each a character. An answer that is not understood is no empty crontab: it would be overwritten. */
function readCrontab(app: App): string {
  const { exitCode, stdout, stderr } = runProgram('crontab', ['-l'], app.env);
  if (exitCode === 0) return stdout.toString('latin1');
  // "no crontab for NAME": cron of Debian and Red Hat; "can't open 'NAME'": busybox.
  if (/no crontab for|can't open '[^/]*': No such file/.test(stderr)) return '';
  throw new OaopsError('crontab-unreadable', `crontab -l ended with ${exitCode}: ${stderr}`, {
    exitCode: ExitCode.failed,
    next: 'This user may not use cron, perhaps: see cron.allow in crontab(1).',
  });
}

function changeUnits(app: App, units: Readonly<Record<string, string | null>>, dryRun: boolean): Installed {
  const folder = unitFolder(app);
  const user = scopeOf(app) === 'user' ? ['--user'] : [];
  const notes: string[] = [];
  const files = Object.entries(units).flatMap(([name, after]) => {
    const file = join(folder, name);
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const isForeign = before !== '' && !before.startsWith(unitMark.slice(0, 40));
    if (isForeign && after !== null)
      throw new OaopsError('unit-foreign', `${file} was not written by "oaops schedule install"`, {
        exitCode: ExitCode.refused,
        next: 'Move it away, or leave the timer as it is.',
      });
    if (isForeign) notes.push(`${file} was not written by "oaops schedule install" and stays`);
    return isForeign ? [] : [{ file, before, after: after ?? '' }];
  });
  const changes = files.map(({ file, before, after }) => changeOf(file, before, after));
  const isRemoval = Object.values(units).includes(null);
  if (isRemoval && changes.every(({ action }) => action === 'none')) return { place: 'systemd', changes, notes };
  const booted = existsSync('/run/systemd/system');
  if (!dryRun) {
    const timer = `${unitName}.timer`;
    if (isRemoval) mustRun('systemctl', [...user, 'disable', ...(booted ? ['--now'] : []), timer], app.env);
    mkdirSync(folder, { recursive: true });
    for (const { file, before, after } of files) {
      if (after === '') rmSync(file, { force: true });
      else if (after !== before) writeUnit(file, after);
    }
    if (booted) mustRun('systemctl', [...user, 'daemon-reload'], app.env);
    if (!isRemoval) mustRun('systemctl', [...user, 'enable', ...(booted ? ['--now'] : []), timer], app.env);
  }
  if (!booted && !isRemoval && !dryRun)
    notes.push('systemd does not run here: the timer is enabled, and starts with it');
  if (user.length > 0 && !isRemoval)
    notes.push('it runs while you are logged in; "loginctl enable-linger" keeps it running after that');
  return { place: 'systemd', changes, notes };
}

/** The manager reads it as another user; nothing in it is secret. */
function writeUnit(file: string, text: string): void {
  writeFileDurable(file, text);
  chmodSync(file, 0o644);
}

function scopeOf({ place }: App): 'system' | 'user' {
  return place.uid === 0 ? 'system' : 'user';
}

function unitFolder(app: App): string {
  if (scopeOf(app) === 'system') return '/etc/systemd/system';
  const config = app.env['XDG_CONFIG_HOME'];
  return join(config && isAbsolute(config) ? config : join(app.place.home, '.config'), 'systemd/user');
}

function changeOf(file: string, before: string, after: string): Change {
  const action = before === after ? 'none' : before === '' ? 'add' : after === '' ? 'remove' : 'change';
  return { file, action, diff: lineDiff(before, after) };
}

/** Both are the same but for one stretch of lines. */
function lineDiff(before: string, after: string): string[] {
  const [old, fresh] = [before, after].map((text) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))) as [
    string[],
    string[],
  ];
  let same = 0;
  while (same < old.length && same < fresh.length && old[same] === fresh[same]) same++;
  let tail = 0;
  while (tail < old.length - same && tail < fresh.length - same && old.at(-1 - tail) === fresh.at(-1 - tail)) tail++;
  const part = (lines: string[], sign: string) =>
    lines.slice(same, lines.length - tail).map((line) => `${sign}${line}`);
  return [...part(old, '-'), ...part(fresh, '+')];
}
