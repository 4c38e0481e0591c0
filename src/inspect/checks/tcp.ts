import { z } from 'zod';
import { durationSchema, patternSchema } from '../../runbook/schema/common.ts';
import { limitKeys, measured } from '../judging/limits.ts';
import type { NearCheckType } from '../types.ts';

const withSchema = z
  .strictObject({
    port: z.int().min(1).max(65_535),
    host: z.string().min(1).optional().describe('Name or address; absent = the host that is inspected.'),
    open: z.boolean().default(true).describe('false: nothing may answer there.'),
    send: z
      .string()
      .min(1)
      .optional()
      .describe('Sent after the connection, such as "PING\\r\\n"; read for "expect" only.'),
    expect: patternSchema
      .optional()
      .describe('Regular expression that what the other side says first must match, such as ^220 of a mail server.'),
    timeout: durationSchema.default(5000).describe('For the connection, and for what is expected.'),
    ...limitKeys(),
  })
  .refine(({ open, send, expect }) => (open || expect === undefined) && (send === undefined || expect !== undefined), {
    error: 'send and expect belong to a port that is to answer, and send to expect',
    path: ['expect'],
  });
type With = z.infer<typeof withSchema>;

/** Whether a port answers from this machine, and how fast (s). */
export const tcp: NearCheckType<With> = {
  name: 'tcp',
  place: 'here',
  title: { en: 'TCP port', 'zh-CN': 'TCP 端口' },
  withSchema,
  async measure({ port, host, open, send, expect, timeout, warn, fail }, doors, about, signal) {
    const address = host ?? about.host.address;
    const net = await doors.net();
    try {
      const { connectMs, banner } = await net.connect(
        {
          host: address,
          port,
          timeoutMs: timeout,
          ...(expect === undefined ? {} : { bannerMs: timeout }),
          ...(send === undefined ? {} : { send }),
        },
        signal,
      );
      if (!open) return { state: 'fail', message: `${address} port ${port} answers` };
      const { measure, state } = measured(
        { name: 'connect', value: connectMs / 1000, unit: 's', min: 0 },
        { warn, fail },
      );
      if (expect !== undefined && !new RegExp(expect, 'u').test(banner)) {
        const message =
          banner === '' ? `${address} port ${port} says nothing` : `${address} port ${port} says "${banner}"`;
        return { state: 'fail', message, measures: [measure] };
      }
      return { state, message: `${address} port ${port} answers in ${Math.round(connectMs)} ms`, measures: [measure] };
    } catch (error) {
      if (signal.aborted || (error as { code?: string }).code !== 'connect-failed') throw error;
      const { reason } = (error as { details?: { reason?: string } }).details ?? {};
      // A name that is not known says nothing about the port.
      if (reason === 'no-such-name') throw error;
      // Nor does what goes wrong on this machine say that nothing answers there.
      if (!open && (reason === 'other' || reason === 'no-network')) throw error;
      return {
        state: open ? 'fail' : 'pass',
        message: `${address} port ${port} does not answer: ${(error as Error).message.split(': ').at(-1)}`,
      };
    }
  },
};
