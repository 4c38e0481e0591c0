import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { AnyAction } from '../action.ts';
import type { Plan } from './plan-types.ts';

/** A `prompt:` reference of a plan, and what the person at the terminal is asked. */
export interface PromptedSecret {
  ref: string;
  question: string;
}

/** Keys under which arguments of actions hold references to secrets. */
const secretKeys = ['secret', 'password'];

/**
 * The secrets of a plan that somebody must type, each once however often it is used: inputs, `become` and arguments of
 * steps, passwords of the hosts it works on. The question is what follows `prompt:`, else the place.
 */
export function promptedSecrets(plan: Plan): PromptedSecret[] {
  const found = new Map<string, string>();
  const walk = (value: unknown, place: string, key?: string): void => {
    if (typeof value === 'string') {
      if (!value.startsWith('prompt:') || key === undefined || !secretKeys.includes(key) || found.has(value)) return;
      found.set(value, value.slice('prompt:'.length).trim() || place);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, part] of Object.entries(value)) walk(part, place, Array.isArray(value) ? key : name);
    }
  };
  for (const [name, value] of Object.entries(plan.inputs)) walk(value, `secret input "${name}"`);
  const targets = new Set<string>();
  for (const step of plan.steps) {
    const { become, undo, verify, units, rawWith } = step;
    walk([become, undo, verify, units, rawWith], `secret of step "${step.id}"`);
    for (const target of step.targets) targets.add(target);
  }
  for (const host of plan.inventory.hosts) {
    // Dumps may run on a host that is only named in the arguments.
    const named = targets.has(host.name) || plan.steps.some(({ rawWith }) => mentions(rawWith, host.name));
    if (named) walk([{ password: host.password }, host.become], `password of ${host.name}`);
  }
  return [...found].map(([ref, question]) => ({ ref, question }));
}

function mentions(value: unknown, name: string): boolean {
  if (typeof value === 'string') return value === name;
  return typeof value === 'object' && value !== null && Object.values(value).some((part) => mentions(part, name));
}

/**
 * A run that can wait goes on later by itself, with nobody there to type. A runbook that says so itself is refused by
 * validation; this one is for references that came with inputs and the inventory.
 * @throws OaopsError `secret-prompt-waits` (exit 2)
 */
export function refusePromptsThatWait(plan: Plan, actions: ReadonlyMap<string, AnyAction>): void {
  const waiting = plan.steps.find((step) =>
    [step.uses, step.undo?.uses, step.verify?.uses].some((uses) => uses && actions.get(uses)?.canWait),
  );
  if (!waiting) return;
  const [prompted] = promptedSecrets(plan);
  if (!prompted) return;
  throw new OaopsError(
    'secret-prompt-waits',
    `a prompted secret (${prompted.question}) in a run that can wait (step "${waiting.id}")`,
    {
      exitCode: ExitCode.usage,
      next: 'Name it by env:, file: or cred:, which are read again when the run goes on.',
    },
  );
}

/**
 * Has each prompted secret of a plan typed, before anything is done. What is known already is not asked again.
 * @throws OaopsError `secret-prompt-no-terminal` (exit 4) without a terminal
 */
export async function askSecrets(
  plan: Plan,
  answers: Map<string, string>,
  password: ((question: string) => Promise<string>) | undefined,
): Promise<void> {
  for (const { ref, question } of promptedSecrets(plan)) {
    if (answers.has(ref)) continue;
    if (!password) {
      throw new OaopsError(
        'secret-prompt-no-terminal',
        `a secret must be typed here, and there is no terminal: ${question}`,
        {
          exitCode: ExitCode.refused,
          next: 'Run it in a terminal and without --json, or name the secret by env:, file: or cred:.',
          details: { ref },
        },
      );
    }
    answers.set(ref, await password(question));
  }
}
