import { z } from 'zod';
import type { OaopsError } from '../../core/errors.ts';
import { durationSchema } from '../../runbook/schema/common.ts';
import { limitKeys, measured } from '../judging/limits.ts';
import type { NearCheckType } from '../types.ts';

const withSchema = z
  .strictObject({
    name: z.string().min(1).describe('What is looked up; for PTR an address, or the name in in-addr.arpa.'),
    type: z.enum(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SRV', 'TXT']).default('A'),
    server: z.string().min(1).optional().describe('Name server, by name or address; absent = those of this machine.'),
    values: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('What the answer must be. MX as "10 mail.example.com", SRV as "0 5 443 host.example.com".'),
    match: z.enum(['all', 'some']).default('all').describe('all: exactly these; some: these may be among others.'),
    exists: z.boolean().default(true).describe('false: there must be no such record.'),
    timeout: durationSchema.default(5000),
    ...limitKeys(),
  })
  .refine(({ exists, values }) => exists || values === undefined, {
    error: 'a record that must not be there has no values',
    path: ['values'],
  });
type With = z.infer<typeof withSchema>;

/** A record of a name, asked for from this machine, and the time of the answer (s). */
export const dns: NearCheckType<With> = {
  name: 'dns',
  place: 'here',
  title: { en: 'DNS record', 'zh-CN': 'DNS 记录' },
  withSchema,
  async measure({ name, type, server, values, match, exists, timeout, warn, fail }, doors, _about, signal) {
    const net = await doors.net();
    const startedMs = doors.monotonicMs();
    let found: string[];
    try {
      const request = { name, type, timeoutMs: timeout, ...(server === undefined ? {} : { server }) };
      found = await net.lookUp(request, signal);
    } catch (error) {
      const { code, message, details } = error as OaopsError;
      // Only a server that answered says something about the record.
      if (signal.aborted || code !== 'dns-failed' || details['reason'] !== 'no-record') throw error;
      return exists ? { state: 'fail', message } : { state: 'pass', message: `there is no ${type} of ${name}` };
    }
    const seconds = (doors.monotonicMs() - startedMs) / 1000;
    const { measure, state } = measured({ name: 'time', value: seconds, unit: 's', min: 0 }, { warn, fail });
    const shown = found.join(', ');
    const measures = [measure];
    if (!exists) return { state: 'fail', message: `${type} of ${name} is ${shown}`, measures };
    const has = new Set(found.map((value) => plain(value, type)));
    const wanted = (values ?? []).map((value) => plain(value, type));
    const missing = wanted.filter((value) => !has.has(value));
    const extra = match === 'all' && values ? [...has].filter((value) => !wanted.includes(value)) : [];
    if (missing.length + extra.length > 0)
      return {
        state: 'fail',
        message: `${type} of ${name} is ${shown}, and should be ${values!.join(', ')}`,
        measures,
      };
    return { state, message: `${type} of ${name} is ${shown}`, measures };
  },
};

/** Names are the same in any case, and with the point of the root or without it; addresses are in any way of writing. */
function plain(value: string, type: string): string {
  if (type === 'TXT') return value;
  const lower = value.toLowerCase().replace(/\.$/, '').replace(/\s+/g, ' ');
  return type === 'AAAA' && URL.canParse(`http://[${lower}]`) ? new URL(`http://[${lower}]`).hostname : lower;
}
