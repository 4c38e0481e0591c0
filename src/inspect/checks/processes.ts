import { z } from 'zod';
import { patternSchema } from '../../runbook/schema/common.ts';
import { levelKey } from '../judging/level.ts';
import { measured } from '../judging/limits.ts';
import type { HostCheckType } from '../types.ts';

const countSchema = z.int().nonnegative();
const withSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .optional()
      .describe('Name of the program, as ps has it in comm; the kernel keeps 15 characters.'),
    command: patternSchema.optional().describe('A regular expression that finds something in the command line.'),
    user: z.string().min(1).optional().describe('Whose processes.'),
    zombies: z.boolean().default(false).describe('Only processes that have ended and that nobody took notice of.'),
    min: countSchema.optional().describe('Default 1, for zombies none.'),
    max: countSchema.optional().describe('Default any number, for zombies none.'),
    level: levelKey('fail'),
  })
  .refine(({ min = 0, max = Number.MAX_VALUE }) => min <= max, { error: 'min is above max' });
type With = z.infer<typeof withSchema>;

interface Process {
  pid: number;
  parent: number;
  user: string;
  state: string;
  name: string;
  command: string;
}

/** How many processes there are of a name, a command line, a user; without the ones that look. */
export const processes: HostCheckType<With> = {
  name: 'processes',
  place: 'host',
  title: { en: 'Processes', 'zh-CN': '进程' },
  withSchema,
  // The script of the checks stands on the command line of its shell and of sudo: with the words that are looked for.
  probe: `
need ps
if ps -e -ww -o pid= >/dev/null 2>&1; then
  echo "shell $$ full"
  ps -e -ww -o pid= -o ppid= -o user:32= -o stat= -o comm:16= -o args=
else
  echo "shell $$ short"
  ps -o pid,ppid,user,stat,comm,args
fi | grep -v -e 'probe_processes()' | head -n 20000 | cut -c 1-8000`,
  words: () => [],
  judge({ name, command, user, zombies, min, max, level }, { lines, truncated }) {
    const [, shell, style] = /^shell (\d+) (full|short)$/.exec(lines[0] ?? '') ?? [];
    const rows = lines.slice(1).filter((line) => !/^\s*PID\s/.test(line));
    const all = rows.map(processOf);
    // Newer kernels have names with spaces at their ends; nothing else is no process.
    if (shell === undefined || all.length === 0 || all.includes(undefined))
      return { state: 'error', message: 'the host did not tell its processes' };
    if (truncated) return { state: 'error', message: 'the host has more processes than are read' };
    const others = withoutOwn(all as Process[], Number(shell));
    const pattern = command === undefined ? undefined : new RegExp(command, 'u');
    const sameUser = (told: string) =>
      told === user || (style === 'short' && told.length >= 8 && user!.startsWith(told));
    const found = others.filter(
      (process) =>
        (!zombies || process.state.startsWith('Z')) &&
        (name === undefined || process.name === name.slice(0, 15)) &&
        (pattern === undefined || pattern.test(process.command)) &&
        (user === undefined || sameUser(process.user)),
    );
    const least = min ?? (zombies || max !== undefined ? 0 : 1);
    const most = max ?? (zombies ? Math.max(0, least) : undefined);
    // Without process 1, /proc hides those of others (hidepid): there may be more than these.
    const isPart = !(all as Process[]).some(({ pid }) => pid === 1);
    if (isPart && (found.length < least || (most !== undefined && found.length <= most)))
      return {
        state: 'error',
        message: 'the host shows only some of its processes',
        next: 'Write become for this section.',
      };
    const { measure, state } = measured(
      { name: zombies ? 'zombies' : 'processes', value: found.length, unit: '', min: 0 },
      { [level]: `${least}:${most ?? ''}` },
    );
    const what = [name, command, user].filter((part) => part !== undefined).join(', ');
    const details = found.slice(0, 20).map(({ pid, user: whose, command: line }) => `${pid} ${whose} ${line}`);
    return {
      state,
      message: zombies
        ? `${found.length} zombies`
        : what === ''
          ? `${found.length} processes`
          : `${found.length} processes of ${what}`,
      measures: [measure],
      ...(state === 'pass' ? {} : { details }),
      ...(state === 'pass'
        ? {}
        : zombies
          ? { next: 'Look at their parents, which do not take notice of their end: ps -eo ppid,pid,stat,comm.' }
          : found.length < least
            ? { next: 'Look at the service that should have started it.' }
            : { next: 'Look at what starts them.' }),
    };
  },
};

function processOf(line: string): Process | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s(.{16}) ?(.*)$/u.exec(line.padEnd(200));
  if (!match) return undefined;
  const [, pid, parent, user = '', state = '', name = '', command = ''] = match;
  return { pid: Number(pid), parent: Number(parent), user, state, name: name.trim(), command: command.trim() };
}

/** What the question itself started is no process of the host. */
function withoutOwn(all: readonly Process[], shell: number): Process[] {
  const own = new Set([shell]);
  for (let grown = -1; grown !== own.size; ) {
    grown = own.size;
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
  }
  return all.filter(({ pid }) => !own.has(pid));
}
