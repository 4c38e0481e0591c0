import type { App } from '../../app.ts';
import type { Plan } from '../../engine/plan/plan-types.ts';
import type { RunEnd } from '../../engine/run/outcome.ts';
import type { PreparedPlan, startRun } from '../run-command.ts';
import { conclusionOf } from './run.ts';
import { startSigned } from './sign-at-terminal.ts';

/** Runs a plan that changes accounts; where its list has to be signed and there is a terminal, it is signed there and the run goes on. */
export async function carryOut(
  app: App,
  prepared: PreparedPlan,
  show: Parameters<typeof startRun>[2],
): Promise<{ end: RunEnd; json: unknown; text: string }> {
  // With --json one object is the answer: events beside it would make it none.
  const quiet = app.globals.json ? { renderer: async () => ({ sink: () => {} }) } : {};
  return tellEnd(app, await startSigned(app, prepared, { ...show, ...quiet }), prepared.plan);
}

/** What a run that changes accounts has done so far, for people and scripts. */
export async function tellEnd(
  app: App,
  end: RunEnd,
  plan: Plan,
): Promise<{ end: RunEnd; json: unknown; text: string }> {
  const { summary, lines, refused: _refused, whole: _whole, ...counts } = await conclusionOf(app, end, plan);
  return {
    end,
    json: {
      run: end.run,
      status: end.status,
      exitCode: end.exitCode,
      summary,
      lines,
      ...counts,
      ...reasonOf(app, end),
    },
    text: [summary, ...lines.map((line) => `  ${line}`)].join('\n'),
  };
}

/** Why it did not end well: the events that say so are not printed with --json. */
function reasonOf({ redactor }: App, { message, next }: RunEnd): { message?: string; next?: string } {
  return {
    ...(message === undefined ? {} : { message: redactor.redact(message) }),
    ...(next === undefined ? {} : { next: redactor.redact(next) }),
  };
}
