import { z } from 'zod';
import { programAnswer, runWords } from '../probe/run-words.ts';
import { readPluginOutput } from '../reading/plugin-output.ts';
import type { HostCheckType, Judged } from '../types.ts';

const withSchema = z.strictObject({
  argv: z
    .array(z.string())
    .min(1)
    .refine(([program]) => program !== '', { error: 'not a program' })
    .describe(
      'The plugin and its arguments, each a list item, such as [/usr/lib/nagios/plugins/check_load, -w, "5,4,3"].',
    ),
});
type With = z.infer<typeof withSchema>;

const states: readonly Judged['state'][] = ['pass', 'warn', 'fail', 'error'];

/** Runs a plugin of Nagios, Icinga and their like on the host; its exit code is the result, its performance data are the figures. */
export const plugin: HostCheckType<With> = {
  name: 'plugin',
  place: 'host',
  title: { en: 'Monitoring plugin', 'zh-CN': '监控插件' },
  withSchema,
  probe: runWords,
  words: ({ argv }) => argv,
  judge({ argv }, { lines, err }) {
    const answer = programAnswer(lines);
    if (!answer) return { state: 'error', message: 'the host did not say how the plugin ended' };
    const [program] = argv;
    const said = err.split('\n').filter((line) => line.trim() !== '');
    if (answer.cut) return { state: 'error', message: `${program} prints more than is read` };
    const { text, long, measures, odd } = readPluginOutput(answer.lines);
    const state = states[answer.exitCode];
    if (state === undefined) {
      return {
        state: 'error',
        message: `${program} ended with exit code ${answer.exitCode}, which no plugin has`,
        details: [...answer.lines, ...said].slice(0, 20),
        next: 'Run it by hand as the same user; 126 and 127 mean that it cannot be started.',
      };
    }
    if (text === '' && state === 'pass')
      return { state: 'error', message: `${program} printed nothing`, ...(said.length > 0 ? { details: said } : {}) };
    const details = [...long, ...(state === 'pass' ? [] : said), ...odd.map((part) => `no performance data: ${part}`)];
    return {
      state,
      message: text === '' ? `${program} printed nothing` : text,
      measures,
      ...(details.length > 0 ? { details } : {}),
    };
  },
};
