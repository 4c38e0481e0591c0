import { z } from 'zod';
import { formatDuration } from '../../core/units.ts';
import { durationSchema } from '../../runbook/schema/common.ts';
import { measured } from '../judging/limits.ts';
import { told, toldOf, whole } from '../reading/answer-lines.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({
  files: z
    .array(z.string().regex(/^\/[^\n]*$/, { error: 'not an absolute path' }))
    .min(1)
    .max(50)
    .optional()
    .describe('Files of definitions of another product, * and ? allowed; the newest one counts. Absent = ClamAV.'),
  warn: durationSchema.default(2 * 86_400_000).describe('Older definitions are a warning.'),
  fail: durationSchema.default(7 * 86_400_000).describe('Older definitions are a failure.'),
});
type With = z.infer<typeof withSchema>;

/** Age of the definitions of a virus scanner: of ClamAV by the time that stands in them, of others by their files. */
export const antivirus: HostCheckType<With> = {
  name: 'antivirus',
  place: 'host',
  title: { en: 'Virus definitions', 'zh-CN': '病毒库' },
  withSchema,
  probe: `
echo "now $(date +%s)"
if [ "$count" = 0 ]; then
  folder=
  for conf in /etc/clamav/freshclam.conf /etc/freshclam.conf; do
    [ -r "$conf" ] && folder=$(sed -n 's/^[[:space:]]*DatabaseDirectory[[:space:]]\\{1,\\}//p' "$conf" | head -n 1)
    [ -n "$folder" ] && break
  done
  [ -n "$folder" ] || folder=/var/lib/clamav
  [ ! -e "$folder" ] || [ -x "$folder" ] || deny "$folder cannot be read"
  for name in daily.cvd daily.cld; do
    [ -e "$folder/$name" ] || continue
    [ -r "$folder/$name" ] || deny "$folder/$name cannot be read"
    echo "clamav $name $(head -c 60 "$folder/$name" | tr -c ' -~' '?')"
  done
  exit 0
fi
need stat
# Only names of files are expanded, not split into words.
IFS=
number=0
while [ "$number" -lt "$count" ]; do
  set +f
  for file in $1; do [ -f "$file" ] && stat -c 'file %Y %n' -- "$file"; done
  set -f
  number=$((number + 1))
  shift
done | sort -k 2,2rn | head -n 5
exit 0`,
  words: ({ files }) => files ?? [],
  judge({ files, warn, fail }, { lines }) {
    const nowS = whole(told(lines).get('now'));
    if (nowS === undefined) return { state: 'error', message: 'the host did not tell its time' };
    const found = files === undefined ? toldOf(lines, 'clamav').map(ofClamav) : toldOf(lines, 'file').map(ofFile);
    if (found.includes(undefined)) return { state: 'error', message: 'the definitions tell no date' };
    const [newest] = (found as { atS: number; name: string }[]).sort((a, b) => b.atS - a.atS);
    const next = 'Look at what updates them, such as freshclam, and whether it reaches its servers.';
    if (newest === undefined)
      return files === undefined
        ? { state: 'fail', message: 'there are no definitions of ClamAV', next }
        : { state: 'fail', message: `there are no definitions: ${files.join(', ')}`, next };
    const ageS = nowS - newest.atS;
    if (ageS < -86_400)
      return {
        state: 'error',
        message: `the definitions ${newest.name} are of a time that has not come: look at the clock`,
      };
    const { measure, state } = measured(
      { name: 'age', value: Math.max(0, ageS), unit: 's', min: 0 },
      { warn: Math.round(warn / 1000), fail: Math.round(fail / 1000) },
    );
    return {
      state,
      message: `virus definitions ${newest.name} are ${formatDuration(Math.max(0, ageS) * 1000)} old`,
      measures: [measure],
      ...(state === 'pass' ? {} : { next }),
    };
  },
};

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `daily.cvd ClamAV-VDB:29 Nov 2026 09-25 +0000:27104:...`. */
function ofClamav(line: string): { atS: number; name: string } | undefined {
  const match = /^(\S+) ClamAV-VDB:(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2})-(\d{2}) ([+-])(\d{2})(\d{2}):(\d+):/.exec(
    line,
  );
  if (!match) return undefined;
  const [, name = '', day, monthName = '', year, hour, minute, sign, zoneHours, zoneMinutes, version] = match;
  const month = months.indexOf(monthName);
  if (month < 0) return undefined;
  const zoneS = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60 * (sign === '-' ? -1 : 1);
  const atS = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute)) / 1000 - zoneS;
  return { atS, name: `${name} ${version}` };
}

function ofFile(line: string): { atS: number; name: string } | undefined {
  const match = /^(\d+) (\/.*)$/.exec(line);
  return match ? { atS: Number(match[1]), name: match[2]! } : undefined;
}
