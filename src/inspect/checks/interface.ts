import { z } from 'zod';
import type { HostCheckType } from '../types.ts';
import { differs } from './user.ts';

const withSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[^\s/.][^\s/]{0,14}$/, { error: 'not a name of a network interface' })
    .describe('Such as eth0.'),
  exists: z.boolean().default(true).describe('false: there must be no such interface.'),
  link: z.enum(['up', 'down', 'any']).default('up').describe('What its link must be.'),
  addresses: z
    .array(z.string().min(1))
    .optional()
    .describe('Addresses that it must have, with or without the length of the prefix: 10.0.0.5 or 10.0.0.5/24.'),
  mtu: z.int().positive().optional(),
  speed: z.int().positive().optional().describe('At least so many Mbit/s.'),
});
type With = z.infer<typeof withSchema>;

/** Whether a network interface is there and up, with its addresses, MTU and speed. */
export const networkInterface: HostCheckType<With> = {
  name: 'interface',
  place: 'host',
  title: { en: 'Network interface', 'zh-CN': '网络接口' },
  withSchema,
  probe: `
folder=/sys/class/net/$1
[ -d /sys/class/net ] || deny "the host has no /sys/class/net"
[ -d "$folder" ] || { echo missing; exit 0; }
for key in operstate mtu speed flags; do
  value=
  read -r value 2>/dev/null <"$folder/$key"
  echo "$key $value"
done
if [ "$2" = addresses ]; then
  need ip
  ip addr show dev "$1" | while read -r family address rest; do
    case $family in inet | inet6) echo "address $address" ;; esac
  done
fi
exit 0`,
  words: ({ name, addresses }) => [name, addresses ? 'addresses' : ''],
  judge({ name, exists, link, addresses, mtu, speed }, { lines }) {
    if (lines.length === 1 && lines[0] === 'missing')
      return exists
        ? { state: 'fail', message: `there is no network interface ${name}` }
        : { state: 'pass', message: `there is no network interface ${name}` };
    const told = new Map(lines.map((line) => [line.split(' ', 1)[0]!, line.slice(line.indexOf(' ') + 1)]));
    const state = told.get('operstate');
    const flags = Number.parseInt(told.get('flags') ?? '', 16);
    if (!state || Number.isNaN(flags))
      return { state: 'error', message: `the host did not say how the network interface ${name} is` };
    if (!exists) return { state: 'fail', message: `there is a network interface ${name}` };
    // Loopback, tunnels and the like do not know the state of a link: IFF_UP says what was asked for.
    const isUp = state === 'up' || (state === 'unknown' && (flags & 1) === 1);
    const found = lines.filter((line) => line.startsWith('address ')).map((line) => line.slice('address '.length));
    const has = (wanted: string) => found.some((one) => one === wanted || one.split('/')[0] === wanted);
    const fast = Number(told.get('speed') || Number.NaN);
    const faults = [
      ...(link === 'any' || isUp === (link === 'up') ? [] : [`its link is ${state}`]),
      ...differs(mtu, Number(told.get('mtu')), (is, ought) => `MTU is ${is}, and should be ${ought}`),
      ...(addresses ?? []).filter((wanted) => !has(wanted)).map((wanted) => `it does not have the address ${wanted}`),
      ...(speed !== undefined && fast > 0 && fast < speed ? [`it has ${fast} Mbit/s, and should have ${speed}`] : []),
    ];
    if (faults.length > 0) return { state: 'fail', message: `${name}: ${faults.join('; ')}`, details: found };
    if (speed !== undefined && !(fast > 0))
      return { state: 'error', message: `the host does not know the speed of ${name}` };
    return { state: 'pass', message: `the link of ${name} is ${state}` };
  },
};
