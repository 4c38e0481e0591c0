import { Cron } from 'croner';
import { z } from 'zod';
import type { InputSpec } from '../types.ts';
import {
  defined,
  durationSchema,
  identifierSchema,
  localizedTextSchema,
  patternSchema,
  secretRefSchema,
  sizeSchema,
} from './common.ts';
import { pingSchema } from './ping.ts';

const about = {
  title: localizedTextSchema.optional().describe('What a prompt asks.'),
  description: localizedTextSchema.optional(),
  required: z.boolean().default(false).describe('True: must be given; otherwise it has a default or is null.'),
};

/** One declared input; the discriminator is `type`. Gives `InputSpec`, bounds in milliseconds or bytes. */
export const inputSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('string'),
      ...about,
      default: z.string().optional(),
      pattern: patternSchema.optional().describe('Regular expression that the whole text must match.'),
      min: z.int().nonnegative().optional().describe('Least value; for text: fewest characters.'),
      max: z.int().nonnegative().optional().describe('Greatest value; for text: most characters.'),
    }),
    z.strictObject({
      type: z.literal('integer'),
      ...about,
      default: z.int().optional(),
      min: z.int().optional(),
      max: z.int().optional(),
    }),
    z.strictObject({ type: z.literal('boolean'), ...about, default: z.boolean().optional() }),
    z.strictObject({
      type: z.literal('duration'),
      ...about,
      default: z.string().optional(),
      min: durationSchema.optional(),
      max: durationSchema.optional(),
    }),
    z.strictObject({
      type: z.literal('size'),
      ...about,
      default: z.union([z.string(), z.int()]).optional(),
      min: sizeSchema.optional(),
      max: sizeSchema.optional(),
    }),
    z.strictObject({ type: z.literal('file'), ...about, default: z.string().min(1).optional() }),
    z.strictObject({
      type: z.literal('enum'),
      ...about,
      default: z.string().optional(),
      values: z.array(z.string()).min(1).describe('The allowed values.'),
    }),
    z.strictObject({
      type: z.literal('secret'),
      ...about,
      default: secretRefSchema.optional().describe('Taken when nothing is given; for a secret, where it is read from.'),
    }),
  ])
  .transform((input): InputSpec => defined(input));

const timeZoneSchema = z
  .string()
  .refine(isTimeZone, { error: 'not a time zone; write a name such as Asia/Shanghai' })
  .describe('Default: that of the configuration, else of the machine.');

const timeOfDaySchema = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'not a time of day; write hours and minutes, such as 08:30' });

const ifHolidaySchema = z
  .enum(['run', 'skip', 'previous', 'next'])
  .describe(
    'On a day off of the calendar: run all the same, skip, or move to the working day before or after. Days that come together count once.',
  );

const always = {
  timeZone: timeZoneSchema.optional(),
  calendar: z
    .enum(['china', 'weekdays'])
    .optional()
    .describe('Whose working days; default: that of the configuration. Days of the site stand over both.'),
  catchUp: z
    .union([z.boolean(), z.enum(['once', 'all', 'none'])])
    .default('once')
    .transform((value) => (value === true ? 'once' : value === false ? 'none' : value))
    .describe('After missed times: once runs for the last of them, all for each (at most 24), none for none.'),
  jitter: durationSchema
    .optional()
    .describe(
      'Starts up to so much later, always the same on one machine, so that many machines do not start at once.',
    ),
  deadline: durationSchema
    .optional()
    .describe('So long after its time the run has to have ended well; else it is overdue, which is told once.'),
};

const edges = [
  'first-of-month',
  'last-of-month',
  'first-of-quarter',
  'last-of-quarter',
  'first-of-half-year',
  'last-of-half-year',
] as const;
const nths = ['nth-of-month', 'nth-of-quarter', 'nth-of-half-year'] as const;

const workingDaySchema = z
  .strictObject({
    type: z.literal('working-day'),
    day: z.enum(['every', ...edges, ...nths]).describe('Which working days.'),
    nth: z
      .int()
      .min(-131)
      .max(131)
      .refine((nth) => nth !== 0, { error: 'not a place in a period; write 1 for the first, -1 for the last' })
      .optional()
      .describe(
        'With "nth-of-...": which one, 1 is the first, -1 the last. A period with fewer working days has none.',
      ),
    at: timeOfDaySchema,
    ...always,
  })
  .refine(({ day, nth }) => day.startsWith('nth-') === (nth !== undefined), {
    error: '"nth" and a day "nth-of-..." belong together; write both, such as {day: nth-of-month, nth: 3}',
    path: ['day'],
  });

/** When a runbook is due; told apart by `type`. Days go by the working-day calendar. */
export const scheduleSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('cron'),
    expression: z.string().refine(isCron, {
      error: 'not a cron expression that ever comes; write minute hour day month weekday, such as "30 2 * * *"',
    }),
    ifHoliday: ifHolidaySchema.optional(),
    ...always,
  }),
  workingDaySchema,
  z.strictObject({
    type: z.literal('weekday'),
    days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1),
    at: timeOfDaySchema,
    ifHoliday: ifHolidaySchema,
    ...always,
  }),
  z.strictObject({
    type: z.literal('calendar-day'),
    day: z.enum(edges).describe('Which days, whether they are worked or not.'),
    at: timeOfDaySchema,
    ifHoliday: ifHolidaySchema,
    ...always,
  }),
  z.strictObject({
    type: z.literal('shift'),
    at: z.array(timeOfDaySchema).min(1).describe('When the shifts begin.'),
    days: z.enum(['every-day', 'working-day']).default('every-day'),
    ...always,
  }),
]);

export type ScheduleSpec = z.infer<typeof scheduleSchema>;

/**
 * Keys that `spec` has in every kind. A kind spreads this into its own strict object:
 * `z.strictObject({ ...commonSpec, sources: ... })`; the loader takes these out of the parsed spec by name.
 */
export const commonSpec = {
  inputs: z.record(identifierSchema, inputSchema).default({}).describe('What a run is given: -i name=value.'),
  inventory: z.string().min(1).optional().describe("Inventory file, relative to the runbook's folder."),
  maxParallelSteps: z.int().min(1).max(100).default(4).describe('How many steps whose needs are met may run at once.'),
  schedule: scheduleSchema.optional().describe('When the runbook is due.'),
  ping: pingSchema
    .optional()
    .describe('Told that a run began and how it ended, as Healthchecks understands it; a URL, or more.'),
};

function isCron(expression: string): boolean {
  try {
    // Five fields, as cron and systemd timers have them; seen from a fixed day, so that the answer never changes.
    // 30 February is a valid expression that never comes.
    const cron = new Cron(expression, { paused: true, mode: '5-part' });
    return cron.nextRun(new Date(Date.UTC(2000, 0, 1))) !== null;
  } catch {
    return false;
  }
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
