import { z } from 'zod';
import { isoTime } from '../core/clock.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import { sha256Hex } from '../core/json.ts';
import type { Action, ActionContext } from '../engine/action.ts';
import type { FactStore } from '../record/types.ts';
import {
  checkKey,
  checkTopic,
  type HostCheck,
  judged,
  notJudged,
  readCommand,
  readSystem,
  summaryOf,
} from '../updates/check.ts';
import { checkScript } from '../updates/script.ts';
import {
  type CommandFormat,
  commandFormats,
  type Pending,
  type SystemManager,
  systemManagers,
  unknown,
} from '../updates/types.ts';

type Services = { facts: () => Promise<FactStore> };

/** What lists of packages have at most, with room to spare; more is no list of packages. */
const mostChars = 32 * 1024 * 1024;

const withSchema = z
  .strictObject({
    manager: z
      .enum(['auto', ...systemManagers, ...commandFormats])
      .default('auto')
      .describe('auto: the package manager of the host; npm and pip read the output of "argv".'),
    argv: z
      .array(z.string())
      .min(1)
      .optional()
      .describe(
        'For npm and pip: the command, such as [npm, outdated, --json] or [pip, list, --outdated, --format, json].',
      ),
    cwd: z.string().min(1).optional().describe('Folder for "argv".'),
  })
  .refine(({ manager, argv }) => isFormat(manager) === (argv !== undefined), {
    error: 'npm and pip have "argv", and nothing else has',
    path: ['argv'],
  });
type With = z.infer<typeof withSchema>;

/**
 * What updates a host has pending (UP-01), security first; kept in the record as a fact of the host. A host that cannot be asked, has no package
 * manager, or says what nobody understands is a failure and "unknown" in the record, never "no updates".
 */
export const patchCheck: Action<With, Services> = {
  name: 'patch.check',
  title: { en: 'Check for pending updates', 'zh-CN': '检查待安装的更新' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({
    manager: z.string(),
    updates: z.number().describe('Packages that can be updated.'),
    security: z
      .number()
      .nullable()
      .describe(
        'Security updates; of zypper, security patches. null = none is known, and some of "unrated" may be; no number equals it.',
      ),
    securityReason: z.string().nullable().describe('Why "security" is null.'),
    unrated: z.number().describe('Updates of which nobody knows whether they are for security.'),
    held: z.number(),
    new: z.number().describe('Not pending at the last check of this host.'),
    notUnderstood: z
      .number()
      .describe('Lines of the package manager that are not understood: something may be missing.'),
    reboot: z.enum(['needed', 'not-needed', 'unknown']),
    listsAgeSeconds: z.number().nullable().describe('Since the host fetched its package lists; null = unknown.'),
    summary: z.string().describe('One line for a notice.'),
  }),
  usesTargets: true,
  idempotent: true,
  describe: ({ manager, argv }) =>
    argv === undefined
      ? `look for pending updates${manager === 'auto' ? '' : ` with ${manager}`}`
      : `look for pending updates with ${argv.join(' ')}`,
  async apply(args, context) {
    const about = { host: context.target.name, run: context.runId, by: context.plan.runbook.name };
    const key = checkKey(about.host, isFormat(args.manager) ? args.manager : undefined);
    const facts = await context.services.facts();
    const keep = (check: HostCheck) => facts.add(checkTopic, key, isoTime(context.clock.nowMs()), check);
    let found: { manager: string; pending: Pending };
    try {
      found = await ask(args, context);
    } catch (error) {
      const late = context.signal.aborted && (context.signal.reason as Error | undefined)?.name === 'TimeoutError';
      // Stopped by a person: nothing was found out about the host.
      if (context.signal.aborted && !late) throw error;
      const next = error instanceof OaopsError ? error.next : undefined;
      await keep(
        late ? notJudged(about, 'no answer in time') : notJudged(about, context.redact(messageOf(error)), next),
      );
      throw error;
    }
    const pending = {
      ...found.pending,
      notUnderstood: found.pending.notUnderstood.map((line) => context.redact(line)),
    };
    const check = judged(about, found.manager, pending, await lastJudged(facts, key, context.runId));
    await keep(check);
    const { counts, securityReason, reboot, listsAgeSeconds } = check;
    return {
      status: 'ok',
      result: { manager: found.manager, ...counts, securityReason, reboot, listsAgeSeconds, summary: summaryOf(check) },
    };
  },
  recover: async () => ({ status: 'not-started' }),
};

/** @throws OaopsError `updates-unknown`, and as hosts do */
async function ask(args: With, context: ActionContext<Services>): Promise<{ manager: string; pending: Pending }> {
  const host = await context.host();
  const become = context.step.become ?? context.target.become;
  const mark = `oaops-${sha256Hex(context.unitKey).slice(0, 24)}`;
  const { manager } = args;
  const said = { stdout: '', stderr: '' };
  const argv = isFormat(manager) ? args.argv! : [checkScript, mark, manager === 'auto' ? '' : manager];
  const ended = await host.run(
    {
      argv,
      shell: !isFormat(manager),
      env: { LC_ALL: 'C' },
      ...(args.cwd === undefined ? {} : { cwd: args.cwd }),
      ...(become && { become }),
      onOutput: (stream, text, goesOn) => {
        if (said[stream].length < mostChars) said[stream] += goesOn ? text : `${text}\n`;
      },
    },
    context.signal,
  );
  if (ended.timedOut) throw unknown('no answer in time');
  if (said.stdout.length >= mostChars) throw unknown('the answer of the host is too long');
  if (!isFormat(manager)) return readSystem(said.stdout, said.stderr, mark);
  return { manager, pending: readCommand(manager, said.stdout, ended.exitCode) };
}

/** The newest answer of an earlier run: what this very run stored before it was killed is not "before". */
async function lastJudged(
  facts: FactStore,
  key: string,
  run: string,
): Promise<{ at: string; check: HostCheck } | undefined> {
  const rows = await facts.list(checkTopic, { key, newestFirst: true, limit: 100 });
  const found = rows.find(({ body }) => {
    const { status, run: by } = body as HostCheck;
    return status === 'judged' && by !== run;
  });
  return found && { at: found.at, check: found.body as HostCheck };
}

function isFormat(manager: 'auto' | SystemManager | CommandFormat): manager is CommandFormat {
  return (commandFormats as readonly string[]).includes(manager);
}
