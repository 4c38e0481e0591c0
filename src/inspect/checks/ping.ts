import { z } from 'zod';
import { limitsSchema, measured, worst } from '../judging/limits.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({
  address: z
    .string()
    .regex(/^[A-Za-z0-9_.:%-]+$/, { error: 'not a name or address of a host' })
    .refine((address) => !address.startsWith('-'), { error: 'not a name or address of a host' })
    .describe('Whom the host asks: a name or an address, such as its gateway.'),
  count: z.int().min(1).max(100).default(5).describe('Packets, one a second.'),
  wait: z.int().min(1).max(60).default(2).describe('Seconds that an answer may take.'),
  loss: limitsSchema({ warn: 20, fail: 60 }).describe('Packets without an answer, in percent.'),
  rtt: limitsSchema().describe('Mean time until the answer, in seconds.'),
});
type With = z.infer<typeof withSchema>;

/** Whether an address answers the host that is inspected: lost packets and the time of an answer. */
export const ping: HostCheckType<With> = {
  name: 'ping',
  place: 'host',
  title: { en: 'Ping', 'zh-CN': 'Ping 连通性' },
  withSchema,
  // 1 is "no answer"; whatever else it is, there are no figures then.
  readsExit: true,
  probe: `
need ping
ping -q -c "$2" -W "$3" "$1"`,
  words: ({ address, count, wait }) => [address, String(count), String(wait)],
  judge({ address, loss, rtt }, { lines, err, exitCode }) {
    const counted = lines
      .map((line) => /^(\d+) packets transmitted, (\d+)(?: packets)? received,/.exec(line))
      .find((match) => match !== null);
    const [sent, received] = [Number(counted?.[1]), Number(counted?.[2])];
    if (!counted || sent === 0 || received > sent) {
      const said = err.split('\n').find((line) => line.trim() !== '');
      return { state: 'error', message: said ?? `ping gave no figures (exit code ${exitCode})` };
    }
    const lostPercent = Math.round(((sent - received) / sent) * 1000) / 10;
    const lost = measured({ name: 'loss', value: lostPercent, unit: '%', min: 0, max: 100 }, loss);
    if (received === 0)
      return {
        state: 'fail',
        message: `${address} answers none of ${sent} packets`,
        measures: [lost.measure],
        next: 'Look whether it is up, and whether something on the way holds back ICMP.',
      };
    const times = lines
      .map((line) => /^(?:rtt|round-trip) min\/avg\/max(?:\/mdev)? = [\d.]+\/([\d.]+)\/[\d.]+/.exec(line)?.[1])
      .find((found) => found !== undefined);
    if (times === undefined || !Number.isFinite(Number(times)))
      return { state: 'error', message: `ping told no times of ${address}` };
    const time = measured({ name: 'rtt', value: Number(times) / 1000, unit: 's', min: 0 }, rtt);
    return {
      state: worst([lost.state, time.state]),
      message: `${address} answers in ${times} ms, ${lostPercent} % lost`,
      measures: [lost.measure, time.measure],
    };
  },
};
