import { z } from 'zod';
import type { HostCheckType } from '../types.ts';
import { differs } from './user.ts';

const withSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[^\s:,/-][^\s:,/]*$/, { error: 'not a name of a group' })
    .describe('Name of the group.'),
  exists: z.boolean().default(true).describe('false: there must be no such group.'),
  gid: z.int().nonnegative().optional(),
  members: z
    .array(z.string().min(1))
    .optional()
    .describe('Exactly these are listed as its members; users whose primary group it is are not listed.'),
});
type With = z.infer<typeof withSchema>;

/** Whether a group exists, and who is listed in it: nobody else in wheel or sudo. */
export const group: HostCheckType<With> = {
  name: 'group',
  place: 'host',
  title: { en: 'Group', 'zh-CN': '用户组' },
  withSchema,
  probe: `
name=$1
entry=
if has getent; then
  entry=$(getent group "$name")
  case $? in 0 | 2) ;; *) deny "getent cannot look up groups" ;; esac
else
  while IFS= read -r line; do
    case $line in "$name":*) entry=$line; break ;; esac
  done </etc/group
fi
echo "entry $entry"`,
  words: ({ name }) => [name],
  judge({ name, exists, gid, members }, { lines }) {
    const entry = /^entry (.*)$/.exec(lines[0] ?? '')?.[1];
    if (entry === undefined) return { state: 'error', message: 'the host did not answer about the group' };
    if (entry === '')
      return exists
        ? { state: 'fail', message: `there is no group ${name}` }
        : { state: 'pass', message: `there is no group ${name}` };
    const fields = entry.split(':');
    if (fields.length !== 4 || fields[0] !== name || !/^\d+$/.test(fields[2]!))
      return { state: 'error', message: `what the host says of group ${name} is not understood` };
    if (!exists) return { state: 'fail', message: `there is a group ${name} (gid ${fields[2]})` };
    const listed = fields[3]!.split(',').filter((member) => member !== '');
    const faults = [
      ...differs(gid, Number(fields[2]), (is, ought) => `gid is ${is}, and should be ${ought}`),
      ...(members ?? []).filter((member) => !listed.includes(member)).map((member) => `${member} is not in it`),
      ...(members ? listed.filter((member) => !members.includes(member)) : []).map((member) => `${member} is in it`),
    ];
    return faults.length === 0
      ? { state: 'pass', message: `group ${name} has gid ${fields[2]}` }
      : { state: 'fail', message: `group ${name}: ${faults.join('; ')}` };
  },
};
