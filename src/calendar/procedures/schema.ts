import { z } from 'zod';
import { type CadenceName, cadenceNames } from '../cadence.ts';
import { weekDays } from '../dates.ts';
import { procedures } from './catalogue.ts';

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'not a time of day; write hours and minutes, such as 08:30' });

/** Which option belongs to which cadence; anywhere else it would mean nothing. */
const optionsOf: Record<'weekday' | 'ifHoliday' | 'by' | 'shifts', readonly CadenceName[]> = {
  weekday: ['weekly'],
  ifHoliday: ['weekly'],
  by: ['daily', 'working-days', 'weekly', 'month-end'],
  shifts: ['every-shift'],
};

const ruleSchema = z
  .strictObject({
    cadence: z
      .enum(cadenceNames)
      .optional()
      .describe('How often; "event" and "always" have no dates. Default: as in docs/procedures.md.'),
    weekday: z.enum(weekDays).optional().describe('With weekly: the day it is due; default: any day of the week.'),
    ifHoliday: z
      .enum(['previous', 'next', 'skip'])
      .optional()
      .describe('With weekly and weekday: the working day before or after a day off, or none; default previous.'),
    by: timeOfDay.optional().describe('Until when on its day, such as 08:30; default: until the day ends.'),
    shifts: z
      .array(timeOfDay)
      .min(2)
      .max(24)
      .refine((times) => new Set(times).size === times.length, {
        error: 'two shifts begin at the same time; give each its own',
      })
      .optional()
      .describe('With every-shift: when each begins.'),
    applies: z.boolean().optional().describe('False: not done at this site; a reason is required.'),
    reason: z.string().min(1).optional().describe('Why it does not apply; shown to auditors.'),
  })
  .refine(({ applies, reason }) => applies !== false || reason !== undefined, {
    error: 'a procedure that does not apply has no reason; write one, auditors will ask for it',
    path: ['applies'],
  })
  .refine(({ applies, reason }) => applies === false || reason === undefined, {
    error: 'a reason for a procedure that applies; write "applies: false", or leave it out',
    path: ['reason'],
  });

/** Changes of the site to the catalogue, by ID. */
export const procedureRulesSchema = z
  .partialRecord(z.enum(procedures.map(({ id }) => id)), ruleSchema)
  .superRefine((rules, context) => {
    for (const { id, cadence } of procedures) {
      const rule = rules[id];
      for (const [option, cadences] of Object.entries(optionsOf)) {
        if (rule?.[option as keyof typeof optionsOf] === undefined) continue;
        const every = rule.cadence ?? cadence.every;
        if (cadences.includes(every)) continue;
        context.addIssue({
          code: 'custom',
          path: [id, option],
          message: `"${option}" means nothing with the cadence "${every}"`,
        });
      }
    }
  });

export type ProcedureRules = Readonly<Record<string, z.infer<typeof ruleSchema> | undefined>>;
