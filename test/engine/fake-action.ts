import { z } from 'zod';
import type { Effect } from '../../src/core/effects.ts';
import type { ActionContext, ActionOutcome, AnyAction } from '../../src/engine/action.ts';

export type Behaviour = (
  args: Record<string, unknown>,
  context: ActionContext,
) => Promise<ActionOutcome> | ActionOutcome;

/** An action that does what the test says. */
export function fakeAction(
  name: string,
  apply: Behaviour,
  extra: {
    effect?: Effect;
    idempotent?: boolean;
    recover?: AnyAction['recover'];
    usesTargets?: boolean;
    findsFailure?: true;
  } = {},
): AnyAction {
  return {
    name,
    title: { en: name },
    effect: extra.effect ?? 'write',
    withSchema: z.record(z.string(), z.unknown()),
    resultSchema: z.record(z.string(), z.unknown()),
    usesTargets: extra.usesTargets ?? true,
    idempotent: extra.idempotent ?? false,
    describe: (args: Record<string, unknown>) => `${name} ${JSON.stringify(args)}`,
    apply: async (args: Record<string, unknown>, context: ActionContext) => apply(args, context),
    ...(extra.recover ? { recover: extra.recover } : {}),
    ...(extra.findsFailure ? { findsFailure: true } : {}),
  };
}

export const ok = (result: Record<string, unknown> = {}): ActionOutcome => ({ status: 'ok', result });
export const failed = (message = 'it broke', extra: Record<string, unknown> = {}): ActionOutcome =>
  ({ status: 'failed', result: {}, message, ...extra }) as ActionOutcome;
