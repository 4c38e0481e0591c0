import { z } from 'zod';
import { inFull, inShort } from '../judging/in-short.ts';
import { levelKey } from '../judging/level.ts';
import type { HostCheckType } from '../types.ts';

const wantedSchema = z.union([
  z.string().min(1),
  z.number(),
  z.array(z.union([z.string().min(1), z.number()])).min(1),
  z.strictObject({
    min: z.number().optional(),
    max: z.number().optional(),
    lacks: z.array(z.string().min(1)).min(1).optional().describe('Algorithms that are not in the list.'),
  }),
  z.null(),
]);
type Wanted = z.infer<typeof wantedSchema>;

/** What a hardened server has. */
const hardened: Record<string, Wanted> = {
  PermitRootLogin: ['no', 'prohibit-password', 'forced-commands-only'],
  PasswordAuthentication: 'no',
  PermitEmptyPasswords: 'no',
  HostbasedAuthentication: 'no',
  IgnoreRhosts: 'yes',
  StrictModes: 'yes',
  PermitUserEnvironment: 'no',
  X11Forwarding: 'no',
  MaxAuthTries: { max: 6 },
  LoginGraceTime: { min: 1, max: 120 },
  Ciphers: {
    lacks: [
      '3des-cbc',
      'aes128-cbc',
      'aes192-cbc',
      'aes256-cbc',
      'arcfour',
      'arcfour128',
      'arcfour256',
      'blowfish-cbc',
      'cast128-cbc',
    ],
  },
  MACs: {
    lacks: ['hmac-md5', 'hmac-md5-96', 'hmac-sha1-96', 'hmac-md5-etm@openssh.com', 'hmac-md5-96-etm@openssh.com'],
  },
  KexAlgorithms: { lacks: ['diffie-hellman-group1-sha1', 'diffie-hellman-group-exchange-sha1'] },
};

const textSchema = z.string().regex(/^[^\s,=-][^\s,=]*$/, { error: 'not a name or an address' });
const withSchema = z.strictObject({
  settings: z
    .record(z.string().regex(/^[A-Za-z0-9]+$/), wantedSchema)
    .default({})
    .describe(
      'Setting with its value, several allowed ones, {min, max}, or {lacks: [...]} for lists of algorithms; null: not looked at. They stand over the hardened ones.',
    ),
  hardened: z
    .boolean()
    .default(true)
    .describe(
      `Also looks at: ${Object.entries(hardened)
        .map(([name, wanted]) => `${name} ${typeof wanted === 'object' ? JSON.stringify(wanted) : wanted}`)
        .join('; ')}.`,
    ),
  for: z
    .strictObject({ user: textSchema, host: textSchema.default('localhost'), address: textSchema.default('127.0.0.1') })
    .optional()
    .describe('Of whom the settings are asked for, with what Match blocks say of them; absent = those for all.'),
  config: z.string().regex(/^\//, { error: 'not an absolute path' }).optional().describe('Another sshd_config.'),
  level: levelKey('fail'),
});
type With = z.infer<typeof withSchema>;

/** Settings of the SSH server, as it itself tells them: with defaults, included files and Match blocks. */
export const sshd: HostCheckType<With> = {
  name: 'sshd',
  place: 'host',
  title: { en: 'Settings of the SSH server', 'zh-CN': 'SSH 服务器设置' },
  withSchema,
  probe: `
has sshd || none "the host has no sshd"
[ "$(id -u)" = 0 ] || deny "sshd tells its settings only to root"
config=$1 whom=$2
ask() { sshd -T \${config:+-f} \${config:+"$config"} \${1:+-C} \${1:+"$1"}; }
# Versions before 9 do not answer at all, when there are Match blocks and nobody is named.
if [ -n "$whom" ] || ! ask "" 2>/dev/null; then ask "\${whom:-user=root,host=localhost,addr=127.0.0.1}"; fi`,
  words: ({ config, for: whom }) => [
    config ?? '',
    whom === undefined ? '' : `user=${whom.user},host=${whom.host},addr=${whom.address}`,
  ],
  judge({ settings, hardened: also, level }, { lines }) {
    const told = new Map<string, string[]>();
    for (const line of lines) {
      const match = /^([a-z0-9]+) (.*)$/.exec(line);
      if (match) told.set(match[1]!, [...(told.get(match[1]!) ?? []), match[2]!.trim()]);
    }
    if (told.size < 20) return { state: 'error', message: 'sshd did not tell its settings' };
    const wanted = new Map<string, [name: string, wanted: Wanted]>();
    for (const [name, value] of [...(also ? Object.entries(hardened) : []), ...Object.entries(settings)])
      wanted.set(name.toLowerCase(), [name, value]);
    const unknown: string[] = [];
    const wrong: string[] = [];
    let looked = 0;
    for (const [key, [name, value]] of wanted) {
      if (value === null) continue;
      looked++;
      const found = told.get(key) ?? told.get(older[key] ?? '');
      if (found === undefined) unknown.push(`this sshd has no setting ${name}`);
      else wrong.push(...compared(name, found, value));
    }
    if (wrong.length + unknown.length === 0)
      return { state: 'pass', message: `settings of sshd as they should be: ${looked}` };
    return {
      state: wrong.length > 0 ? level : 'error',
      message: inShort([...wrong, ...unknown]),
      details: inFull([...wrong, ...unknown]),
      next: 'Set it in sshd_config, try it with sshd -t, and reload the service with a second session open.',
    };
  },
};

/** Names that sshd had for settings before. */
const older: Record<string, string> = {
  kbdinteractiveauthentication: 'challengeresponseauthentication',
  pubkeyacceptedalgorithms: 'pubkeyacceptedkeytypes',
  hostbasedacceptedalgorithms: 'hostbasedacceptedkeytypes',
};

function compared(name: string, found: readonly string[], wanted: Exclude<Wanted, null>): string[] {
  const value = found.join(' ');
  if (typeof wanted === 'object' && !Array.isArray(wanted)) {
    const bad = (wanted.lacks ?? []).filter((algorithm) => value.split(/[\s,]+/).includes(algorithm));
    const number = /^-?\d+$/.test(value) ? Number(value) : undefined;
    const bounded = wanted.min !== undefined || wanted.max !== undefined;
    return [
      ...(bad.length === 0 ? [] : [`${name} allows ${bad.join(', ')}`]),
      ...(bounded && number === undefined ? [`${name} is ${value}, which is no number`] : []),
      ...(number !== undefined && number < (wanted.min ?? number) ? [`${name} is ${value}, below ${wanted.min}`] : []),
      ...(number !== undefined && number > (wanted.max ?? number) ? [`${name} is ${value}, above ${wanted.max}`] : []),
    ];
  }
  const allowed = (Array.isArray(wanted) ? wanted : [wanted]).map(String);
  const same = (one: string) => plain(one) === plain(value);
  return allowed.some(same) ? [] : [`${name} is "${value}", not "${allowed.join(' / ')}"`];
}

function plain(value: string): string {
  const text = value.trim().toLowerCase();
  return text === 'without-password' ? 'prohibit-password' : text;
}
