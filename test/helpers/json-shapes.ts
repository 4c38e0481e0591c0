import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../bin/dev.js');

/** How a command ended, and the shape of what it said. */
export interface Spoken {
  exitCode: number | null;
  stdout: unknown;
  stderr: unknown;
}

/** Runs a command with `--json` in a folder, which also has its state. */
export function speak(dir: string, args: readonly string[]): Spoken {
  const env = { PATH: '/usr/bin:/bin', HOME: dir, OAOPS_STATE_DIR: join(dir, 'state') };
  const done = spawnSync(process.execPath, [program, ...args, '--json'], { env, cwd: dir, encoding: 'utf8' });
  return { exitCode: done.status, stdout: shapeOf(parsed(done.stdout)), stderr: shapeOf(errorOf(done.stderr)) };
}

/** The error as JSON. Warnings are text for people, and whether progress is told depends on how busy the machine is. */
function errorOf(text: string): unknown {
  return parsed(
    text
      .split('\n')
      .filter((line) => line.startsWith('{') && !line.startsWith('{"event"'))
      .join('\n'),
  );
}

/** One document, or one a line. */
function parsed(text: string): unknown {
  if (text.trim() === '') return '';
  try {
    return JSON.parse(text);
  } catch {
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    // How often progress is told depends on the machine.
    return Object.fromEntries(lines.map((line) => [String(line['message_type'] ?? line['event'] ?? 'line'), line]));
  }
}

/** Names and types only; of a list its first item. Words that scripts compare are kept. */
export function shapeOf(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0], key)];
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member, name)]));
  if (['message_type', 'status', 'code', 'type', 'level', 'encryption', 'class', 'exitCode', 'action'].includes(key))
    return value;
  return value === null || value === '' ? value : typeof value;
}
