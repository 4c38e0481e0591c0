import { z } from 'zod';
import { inFull, inShort } from '../judging/in-short.ts';
import { levelKey } from '../judging/level.ts';
import { rounded, whole } from '../reading/answer-lines.ts';
import type { HostCheckType, Judged } from '../types.ts';

const wantedSchema = z.union([
  z.number(),
  z.string().min(1),
  z
    .strictObject({ min: z.number().optional(), max: z.number().optional() })
    .refine(({ min, max }) => min !== undefined || max !== undefined, { error: 'write min or max' }),
]);
type Wanted = z.infer<typeof wantedSchema>;

const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]+([./:][A-Za-z0-9_:-]+)*$/, { error: 'not a name of a kernel parameter' });

const withSchema = z.strictObject({
  values: z
    .record(nameSchema, wantedSchema)
    .refine((values) => Object.keys(values).length > 0, { error: 'write at least one parameter' })
    .describe(
      'Each parameter with its value, or {min, max}: {net.ipv4.ip_forward: 0, fs.file-max: {min: 100000}}. With a slash in its name, dots are part of it: net/ipv4/conf/eth0.10/rp_filter.',
    ),
  missing: z.enum(['fail', 'ignored']).default('fail').describe('What a parameter is that this kernel has not.'),
  level: levelKey('fail'),
});
type With = z.infer<typeof withSchema>;

/** Parameters of the kernel as they are now, from /proc/sys. */
export const sysctl: HostCheckType<With> = {
  name: 'sysctl',
  place: 'host',
  title: { en: 'Kernel parameters', 'zh-CN': '内核参数' },
  withSchema,
  probe: `
number=0
while [ "$number" -lt "$count" ]; do
  file=/proc/sys/$1
  if [ ! -e "$file" ]; then echo "missing $number"
  elif { read -r value <"$file" || [ -n "$value" ]; } 2>/dev/null; then echo "value $number $value"
  elif [ -r "$file" ] && [ "$(id -u)" = 0 ]; then echo "value $number "
  else echo "denied $number"; fi
  number=$((number + 1)) value=
  shift
done`,
  words: ({ values }) => Object.keys(values).map((name) => (name.includes('/') ? name : name.replaceAll('.', '/'))),
  judge({ values, missing, level }, { lines }) {
    const names = Object.keys(values);
    const answers = new Map<number, { word: string; value: string }>();
    for (const line of lines) {
      const match = /^(value|missing|denied) (\d+)(?: (.*))?$/.exec(line);
      const index = whole(match?.[2]);
      if (match && index !== undefined) answers.set(index, { word: match[1]!, value: match[3] ?? '' });
    }
    const unknown: string[] = [];
    const wrong: string[] = [];
    for (const [index, name] of names.entries()) {
      const answer = answers.get(index);
      if (!answer) unknown.push(`the host did not tell ${name}`);
      else if (answer.word === 'denied') unknown.push(`${name} cannot be read: it needs root`);
      else if (answer.word === 'missing') {
        if (missing === 'fail') wrong.push(`there is no kernel parameter ${name}`);
      } else {
        const problem = compared(name, answer.value, values[name]!);
        if (problem !== undefined) wrong.push(problem);
      }
    }
    return said(names.length, wrong, unknown, level);
  },
};

function said(count: number, wrong: string[], unknown: string[], level: 'warn' | 'fail'): Judged {
  if (unknown.length + wrong.length === 0)
    return { state: 'pass', message: `kernel parameters as they should be: ${count}` };
  return {
    state: unknown.length > 0 ? 'error' : level,
    message: inShort([...unknown, ...wrong]),
    details: inFull([...unknown, ...wrong]),
    ...(wrong.length > 0
      ? { next: 'Set it in a file of /etc/sysctl.d and let it take effect: sysctl --system.' }
      : { next: 'Write become for this section.' }),
  };
}

function compared(name: string, told: string, wanted: Wanted): string | undefined {
  const value = told.trim().replaceAll(/\s+/g, ' ');
  if (typeof wanted !== 'object') {
    const text = String(wanted).trim().replaceAll(/\s+/g, ' ');
    const same = typeof wanted === 'number' ? isNumber(value) && Number(value) === wanted : value === text;
    return same ? undefined : `${name} is ${value}, not ${text}`;
  }
  if (!isNumber(value)) return `${name} is ${value}, which is no number`;
  if (wanted.min !== undefined && Number(value) < wanted.min)
    return `${name} is ${value}, below ${rounded(wanted.min, 6)}`;
  if (wanted.max !== undefined && Number(value) > wanted.max)
    return `${name} is ${value}, above ${rounded(wanted.max, 6)}`;
  return undefined;
}

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text);
}
