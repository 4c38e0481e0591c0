import { z } from 'zod';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[^\s:,/-][^\s:,/]*$/, { error: 'not a name of a user' })
    .describe('Login name.'),
  exists: z.boolean().default(true).describe('false: there must be no such user.'),
  uid: z.int().nonnegative().optional(),
  gid: z.int().nonnegative().optional().describe('Of the primary group.'),
  groups: z.array(z.string().min(1)).optional().describe('Groups that the user must be in, the primary one included.'),
  notGroups: z.array(z.string().min(1)).optional().describe('Groups that the user must not be in.'),
  home: z.string().min(1).optional(),
  shell: z.string().min(1).optional(),
});
type With = z.infer<typeof withSchema>;

/** Whether a user exists, and is as it should be; users of directories too, as far as the host knows them. */
export const user: HostCheckType<With> = {
  name: 'user',
  place: 'host',
  title: { en: 'User', 'zh-CN': '用户' },
  withSchema,
  probe: `
name=$1
entry=
if has getent; then
  entry=$(getent passwd "$name")
  case $? in 0 | 2) ;; *) deny "getent cannot look up users" ;; esac
else
  while IFS= read -r line; do
    case $line in "$name":*) entry=$line; break ;; esac
  done </etc/passwd
fi
echo "entry $entry"
[ -z "$entry" ] || echo "groups $(id -Gn -- "$name" 2>/dev/null || id -Gn "$name")"`,
  words: ({ name }) => [name],
  judge({ name, exists, uid, gid, groups, notGroups, home, shell }, { lines }) {
    const entry = /^entry (.*)$/.exec(lines[0] ?? '')?.[1];
    if (entry === undefined) return { state: 'error', message: 'the host did not answer about the user' };
    if (entry === '')
      return exists
        ? { state: 'fail', message: `there is no user ${name}` }
        : { state: 'pass', message: `there is no user ${name}` };
    const fields = entry.split(':');
    const member = /^groups (.+)$/.exec(lines[1] ?? '')?.[1];
    if (fields.length !== 7 || fields[0] !== name || !/^\d+$/.test(fields[2]!) || !/^\d+$/.test(fields[3]!) || !member)
      return { state: 'error', message: `what the host says of user ${name} is not understood` };
    if (!exists) return { state: 'fail', message: `there is a user ${name} (uid ${fields[2]})` };
    // Names of groups of directories hold spaces.
    const isIn = (group: string) => ` ${member} `.includes(` ${group} `);
    const faults = [
      ...differs(uid, Number(fields[2]), (is, ought) => `uid is ${is}, and should be ${ought}`),
      ...differs(gid, Number(fields[3]), (is, ought) => `gid is ${is}, and should be ${ought}`),
      ...differs(home, fields[5], (is, ought) => `home is ${is}, and should be ${ought}`),
      ...differs(shell, fields[6], (is, ought) => `shell is ${is}, and should be ${ought}`),
      ...(groups ?? []).filter((group) => !isIn(group)).map((group) => `not in the group ${group}`),
      ...(notGroups ?? []).filter(isIn).map((group) => `in the group ${group}`),
    ];
    return faults.length === 0
      ? { state: 'pass', message: `user ${name} has uid ${fields[2]}` }
      : { state: 'fail', message: `user ${name}: ${faults.join('; ')}` };
  },
};

/** What is to be said when `is` is not as it ought to be; nothing is when nobody says how. */
export function differs<T>(ought: T | undefined, is: T, say: (is: T, ought: T) => string): string[] {
  return ought === undefined || ought === is ? [] : [say(is, ought)];
}
