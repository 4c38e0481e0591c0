import { z } from 'zod';
import { sha256Hex } from '../core/json.ts';
import { oneLine } from '../core/plain-text.ts';
import type { Action, ActionOutcome } from '../engine/action.ts';
import type { Target } from '../engine/ports.ts';
import { checkTypesByName } from '../inspect/checks/registry.ts';
import { collect } from '../inspect/collect.ts';
import type { CheckDoors, NetDoor, QueryDoor } from '../inspect/ports.ts';
import { hostCheck, resultsOf } from '../inspect/record.ts';
import type { CheckResult, CheckState } from '../inspect/types.ts';
import type { FactStore } from '../record/types.ts';
import type { BecomeSpec } from '../runbook/types.ts';

export interface InspectServices {
  facts: () => Promise<FactStore>;
  net: () => Promise<NetDoor>;
  query: () => Promise<QueryDoor>;
  readFile: CheckDoors['readFile'];
  files: CheckDoors['files'];
  load: CheckDoors['load'];
  /** Zone in which a day ends for waivers. */
  timeZone: () => Promise<string>;
}

const checkSchema = z
  .strictObject({
    id: z.string(),
    section: z.string(),
    check: z.string().refine((name) => checkTypesByName.has(name), { error: 'no type of check', abort: true }),
    with: z.record(z.string(), z.unknown()),
    enabled: z.boolean(),
    timeoutMs: z.number().positive(),
  })
  .check(({ value, issues }) => {
    // What is switched off need not have its values.
    if (!value.enabled) return;
    const parsed = checkTypesByName.get(value.check)?.withSchema.safeParse(value.with);
    for (const issue of parsed?.error?.issues ?? [])
      issues.push({ ...issue, input: value, path: ['with', ...issue.path] } as (typeof issues)[number]);
  });

const withSchema = z.strictObject({
  inspection: z.string().min(1),
  checks: z.array(checkSchema).min(1),
});
type With = z.infer<typeof withSchema>;

/**
 * All checks of an inspection on one host: those that ask the host in one script over one connection, the others from here. It ends well
 * when every check has a result, whatever it says; the verdict is a step of its own.
 */
export const inspectCollect: Action<With, InspectServices> = {
  name: 'inspect.collect',
  title: { en: 'Make the checks of an inspection', 'zh-CN': '执行巡检项' },
  effect: 'read',
  withSchema,
  resultSchema: z.object({
    pass: z.number(),
    warn: z.number(),
    fail: z.number(),
    error: z.number().describe('Could not be judged.'),
    skipped: z.number().describe('Left out or not applicable.'),
  }),
  usesTargets: true,
  idempotent: true,
  describe: ({ checks }) =>
    `make ${checks.length} checks: ${[...new Set(checks.map(({ check }) => check))].join(', ')}`,
  async apply({ inspection, checks }, context) {
    const { target, services, clock } = context;
    const results = await collect(checks, {
      inspection,
      run: context.runId,
      host: { name: target.name, address: target.connection === 'local' ? '127.0.0.1' : target.host },
      open: () => context.host(),
      become: becomeOn(target, context.step.become ?? target.become),
      facts: await services.facts(),
      clock,
      mark: `oaops-${sha256Hex(context.unitKey).slice(0, 24)}`,
      signal: context.signal,
      redact: (text) => context.redact(text),
      onResult: (done, total) => context.progress({ done, total, unit: 'steps' }),
      doors: {
        http: () => context.http(),
        net: services.net,
        query: services.query,
        facts: services.facts,
        secret: (ref) => context.secrets.resolve(ref),
        host: () => context.host(),
        readFile: services.readFile,
        files: services.files,
        load: services.load,
        monotonicMs: () => clock.monotonicMs(),
      },
    });
    // Kept with the run, so that its evidence holds every result.
    for (const { state, check, message } of results)
      context.output('stdout', `${oneLine(`${state} ${check}: ${message}`)}\n`);
    return outcomeOf(results);
  },
  /** Results are kept all at once. Asking again would lose what is told only once, such as lines of a log since the last time. */
  async recover({ checks }, context) {
    const kept = await resultsOf(await context.services.facts(), context.runId, context.target.name);
    const ids = new Set(checks.map(({ id }) => id));
    const own = kept.filter(({ check }) => ids.has(check) || check === hostCheck);
    return own.filter(({ check }) => ids.has(check)).length < ids.size ? { status: 'not-started' } : outcomeOf(own);
  },
};

/** Who logs in as root is root already: small systems have no sudo, and need none then. */
function becomeOn(target: Target, become: BecomeSpec | undefined): BecomeSpec | undefined {
  return target.connection === 'ssh' && target.user === 'root' && become?.user === 'root' ? undefined : become;
}

function outcomeOf(results: readonly CheckResult[]): ActionOutcome {
  const count = (...states: CheckState[]) => results.filter(({ state }) => states.includes(state)).length;
  const counts = {
    pass: count('pass'),
    warn: count('warn'),
    fail: count('fail'),
    error: count('error'),
    skipped: count('skipped', 'not-applicable'),
  };
  const unreachable = results.find(({ check }) => check === hostCheck);
  if (unreachable) return { status: 'incomplete', result: counts, message: unreachable.message };
  return { status: 'ok', result: counts };
}
