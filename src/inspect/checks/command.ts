import { z } from 'zod';
import { patternSchema } from '../../runbook/schema/common.ts';
import { limitKeys, measured, worst } from '../judging/limits.ts';
import { programAnswer, runWords } from '../probe/run-words.ts';
import type { HostCheckType } from '../types.ts';

const withSchema = z.strictObject({
  argv: z
    .array(z.string())
    .min(1)
    .refine(([program]) => program !== '', { error: 'not a program' })
    .describe('Program and arguments, each a list item; no shell reads them. It must only read.'),
  exitCodes: z.array(z.int().min(0).max(255)).min(1).default([0]).describe('Exit codes that are all right.'),
  contains: z.array(z.string().min(1)).default([]).describe('Texts that its output must hold.'),
  absent: z.array(z.string().min(1)).default([]).describe('Texts that its output must not hold.'),
  matches: z.array(patternSchema).default([]).describe('Regular expressions of which each must match a line.'),
  number: z
    .strictObject({
      pattern: patternSchema.describe(
        'Regular expression; its first group is the number, of the first line it matches.',
      ),
      name: z.string().min(1).default('value'),
      unit: z.enum(['', '%', 's', 'B', 'c']).default(''),
      ...limitKeys(),
    })
    .optional()
    .describe('A figure in its output, with limits.'),
});
type With = z.infer<typeof withSchema>;

/** Runs a command on the host and judges its exit code, its output, a number in its output. */
export const command: HostCheckType<With> = {
  name: 'command',
  place: 'host',
  title: { en: 'Output of a command', 'zh-CN': '命令输出' },
  withSchema,
  probe: runWords,
  words: ({ argv }) => argv,
  judge({ argv, exitCodes, contains, absent, matches, number }, { lines, err }) {
    const answer = programAnswer(lines);
    if (!answer) return { state: 'error', message: 'the host did not say how the command ended' };
    const [program] = argv;
    const shown = [...answer.lines, ...err.split('\n').filter((line) => line.trim() !== '')].slice(0, 20);
    const details = shown.length > 0 ? { details: shown } : {};
    if (answer.cut) return { state: 'error', message: `${program} prints more than is read`, ...details };
    if (!exitCodes.includes(answer.exitCode)) {
      return answer.exitCode === 127 && answer.lines.length === 0
        ? { state: 'error', message: `${program} is not on the host, or cannot be started`, ...details }
        : { state: 'fail', message: `${program} ended with exit code ${answer.exitCode}`, ...details };
    }
    const text = answer.lines.join('\n');
    const faults = [
      ...contains
        .filter((part) => !text.includes(part))
        .map((part) => `the output of ${program} does not hold "${part}"`),
      ...absent.filter((part) => text.includes(part)).map((part) => `the output of ${program} holds "${part}"`),
      ...matches
        .filter((pattern) => !answer.lines.some((line) => new RegExp(pattern, 'u').test(line)))
        .map((pattern) => `no line of the output of ${program} matches ${pattern}`),
    ];
    if (faults.length > 0) return { state: 'fail', message: faults.join('; '), ...details };
    const said = answer.lines.find((line) => line.trim() !== '') ?? '';
    if (!number)
      return { state: 'pass', message: said === '' ? `${program} ended with exit code ${answer.exitCode}` : said };
    const pattern = new RegExp(number.pattern, 'u');
    const found = answer.lines
      .map((line) => pattern.exec(line))
      .find((match) => match !== null)?.[1]
      ?.trim();
    if (found === undefined || found === '' || !Number.isFinite(Number(found)))
      return {
        state: 'error',
        message: `the output of ${program} has no number where ${number.pattern} looks`,
        ...details,
      };
    const { measure, state } = measured({ name: number.name, value: Number(found), unit: number.unit }, number);
    return {
      state: worst([state]),
      message: `${number.name} is ${found}`,
      measures: [measure],
      ...(state === 'pass' ? {} : details),
    };
  },
};
