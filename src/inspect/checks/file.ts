import { z } from 'zod';
import { formatDuration, formatSize } from '../../core/units.ts';
import { durationSchema, sizeSchema } from '../../runbook/schema/common.ts';
import { inShort } from '../judging/in-short.ts';
import { levelKey } from '../judging/level.ts';
import { told, toldOf, whole } from '../reading/answer-lines.ts';
import type { HostCheckType, Judged } from '../types.ts';

const modeSchema = z
  .string()
  .regex(/^[0-7]{3,4}$/, { error: 'not a mode; write it in octal in quotes, such as "0640"' });
const textsSchema = z
  .union([z.string().min(1).max(1000), z.array(z.string().min(1).max(1000)).max(50)])
  .transform((texts) => (typeof texts === 'string' ? [texts] : texts))
  .refine((texts) => texts.every((text) => !text.includes('\n')), { error: 'not a text of one line' });

const withSchema = z
  .strictObject({
    path: z.string().regex(/^\//, { error: 'not an absolute path' }),
    exists: z.boolean().default(true).describe('false: nothing may be there.'),
    type: z.enum(['file', 'directory', 'link', 'socket', 'pipe', 'block', 'character']).optional(),
    mode: modeSchema.optional().describe('Exactly this one, such as "0640".'),
    modeAtMost: modeSchema.optional().describe('No bit that is not in this one, such as "0640".'),
    owner: z.string().min(1).optional().describe('Name or number.'),
    group: z.string().min(1).optional().describe('Name or number.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { error: 'not a SHA-256 in hexadecimal' })
      .optional(),
    minSize: sizeSchema.optional(),
    maxSize: sizeSchema.optional(),
    minAge: durationSchema.optional().describe('Since it was last changed, by the clock of the host.'),
    maxAge: durationSchema.optional().describe('As minAge: it is written often enough.'),
    contains: textsSchema.default([]).describe('Texts that stand in it, each within a line.'),
    lacks: textsSchema.default([]).describe('Texts that do not stand in it.'),
    follow: z.boolean().default(true).describe('A symbolic link is looked at as what it leads to.'),
    level: levelKey('fail'),
  })
  .refine(({ type, follow }) => type !== 'link' || !follow, { error: 'a link is seen only with follow: false' });
type With = z.infer<typeof withSchema>;

const types: Record<string, string> = {
  8: 'file',
  4: 'directory',
  a: 'link',
  c: 'socket',
  1: 'pipe',
  6: 'block',
  2: 'character',
};

/** One file or folder of the host: whether it is there, and is what it should be. */
export const file: HostCheckType<With> = {
  name: 'file',
  place: 'host',
  title: { en: 'File', 'zh-CN': '文件' },
  withSchema,
  probe: `
path=$1 hash=$3 follow=
[ "$2" = 1 ] && follow=-L
need stat
if said=$(stat $follow -c '%f %u %g %U %G %s %Y' -- "$path" 2>&1); then
  echo "stat $said"
else
  case $said in
    *"No such file or directory"*|*"Not a directory"*) echo missing; exit 0 ;;
    *) printf '%s\\n' "$said" >&2; exit 125 ;;
  esac
fi
echo "now $(date +%s)"
if [ "$hash" = 1 ]; then
  need sha256sum
  sum=$(sha256sum <"$path") || exit 1
  echo "sha256 \${sum%% *}"
fi
shift 3
number=3 plain=
[ -f "$path" ] && plain=1
while [ "$number" -lt "$count" ]; do
  code=2
  [ -z "$plain" ] || { grep -q -F -e "$1" -- "$path"; code=$?; }
  echo "holds $code"
  number=$((number + 1))
  shift
done
exit 0`,
  words: ({ path, follow, sha256, contains, lacks }) => [
    path,
    follow ? '1' : '0',
    sha256 === undefined ? '0' : '1',
    ...contains,
    ...lacks,
  ],
  judge(args, { lines }) {
    const { path, exists, level } = args;
    if (lines.length === 1 && lines[0] === 'missing')
      return exists
        ? { state: level, message: `there is no ${path}`, next: 'Look at what should have made it.' }
        : { state: 'pass', message: `there is no ${path}` };
    const found = foundOf(lines);
    if (!found) return { state: 'error', message: `the host did not tell what ${path} is` };
    if (!exists)
      return {
        state: level,
        message: `${path} is there, and must not be`,
        next: 'Look at who made it, and remove it.',
      };
    if (found.ageS < -300 && (args.minAge !== undefined || args.maxAge !== undefined))
      return { state: 'error', message: `${path} was changed at a time that has not come: look at the clock` };
    const problems = compared(args, found, toldOf(lines, 'holds'));
    if (problems === undefined) return { state: 'error', message: `${path} could not be looked into` };
    const { kind, mode, owner, group, size, ageS } = found;
    const fact =
      kind === 'file'
        ? `${path}: ${mode} ${owner}:${group}, ${formatSize(size)}, changed ${formatDuration(ageS * 1000)} ago`
        : `${path}: ${kind}, ${mode} ${owner}:${group}, changed ${formatDuration(ageS * 1000)} ago`;
    const measures: Judged['measures'] = [
      { name: 'size', value: size, unit: 'B', min: 0 },
      { name: 'age', value: ageS, unit: 's' },
    ];
    return problems.length === 0
      ? { state: 'pass', message: fact, measures }
      : {
          state: level,
          message: inShort(problems),
          measures,
          details: [...problems, fact],
          next: 'Look at who changed it, and set it right.',
        };
  },
};

interface Found {
  kind: string;
  mode: string;
  owner: string;
  group: string;
  uid: string;
  gid: string;
  size: number;
  ageS: number;
  sha256: string | undefined;
}

function foundOf(lines: readonly string[]): Found | undefined {
  const facts = told(lines);
  const match = /^([0-9a-f]+) (\d+) (\d+) (\S+) (\S+) (\d+) (-?\d+)$/.exec(facts.get('stat') ?? '');
  const nowS = whole(facts.get('now'));
  if (!match || nowS === undefined) return undefined;
  const [, raw = '', uid = '', gid = '', owner = '', group = '', size, changed] = match;
  const bits = Number.parseInt(raw, 16);
  const kind = types[(bits >> 12).toString(16)];
  if (kind === undefined) return undefined;
  return {
    kind,
    mode: (bits & 0o7777).toString(8).padStart(4, '0'),
    owner: owner === 'UNKNOWN' ? uid : owner,
    group: group === 'UNKNOWN' ? gid : group,
    uid,
    gid,
    size: Number(size),
    ageS: nowS - Number(changed),
    sha256: facts.get('sha256'),
  };
}

/** undefined: what it holds is not known. */
function compared(args: With, found: Found, holds: readonly string[]): string[] | undefined {
  const { path } = args;
  const wrong: string[] = [];
  const wanted = args.mode?.padStart(4, '0');
  if (args.type !== undefined && found.kind !== args.type) wrong.push(`${path} is a ${found.kind}, not a ${args.type}`);
  if (wanted !== undefined && found.mode !== wanted) wrong.push(`${path} has mode ${found.mode}, not ${wanted}`);
  if (args.modeAtMost !== undefined && (Number.parseInt(found.mode, 8) & ~Number.parseInt(args.modeAtMost, 8)) !== 0)
    wrong.push(`${path} has mode ${found.mode}, more than ${args.modeAtMost.padStart(4, '0')}`);
  if (args.owner !== undefined && ![found.owner, found.uid].includes(args.owner))
    wrong.push(`${path} belongs to ${found.owner}, not ${args.owner}`);
  if (args.group !== undefined && ![found.group, found.gid].includes(args.group))
    wrong.push(`${path} has group ${found.group}, not ${args.group}`);
  if (args.sha256 !== undefined) {
    if (found.sha256 === undefined || !/^[0-9a-f]{64}$/.test(found.sha256)) return undefined;
    if (found.sha256 !== args.sha256) wrong.push(`${path} has other content: SHA-256 ${found.sha256}`);
  }
  if (args.minSize !== undefined && found.size < args.minSize)
    wrong.push(`${path} has ${formatSize(found.size)}, less than ${formatSize(args.minSize)}`);
  if (args.maxSize !== undefined && found.size > args.maxSize)
    wrong.push(`${path} has ${formatSize(found.size)}, more than ${formatSize(args.maxSize)}`);
  const ageMs = found.ageS * 1000;
  if (args.minAge !== undefined && ageMs < args.minAge)
    wrong.push(`${path} was changed ${formatDuration(ageMs)} ago, less than ${formatDuration(args.minAge)}`);
  if (args.maxAge !== undefined && ageMs > args.maxAge)
    wrong.push(`${path} was changed ${formatDuration(ageMs)} ago, more than ${formatDuration(args.maxAge)}`);
  const texts = [...args.contains, ...args.lacks];
  // grep: 0 found, 1 not found, more: it could not be read.
  if (holds.length !== texts.length || holds.some((code) => code !== '0' && code !== '1')) return undefined;
  for (const [index, text] of texts.entries()) {
    const isThere = holds[index] === '0';
    if (index < args.contains.length && !isThere) wrong.push(`${path} does not hold "${text}"`);
    if (index >= args.contains.length && isThere) wrong.push(`${path} holds "${text}"`);
  }
  return wrong;
}
