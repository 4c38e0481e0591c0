import type { Operation } from '../../accounts/schema/spec.ts';
import type { App } from '../../app.ts';
import type { CommandResult } from '../../cli/base-command.ts';
import { laidOut } from '../../cli/render/laid-out.ts';
import { type startRun, unattendedBy } from '../run-command.ts';
import { carryOut } from './carry-out.ts';
import { prepareAccounts } from './run.ts';

export interface PersonCommand {
  runbook: string | undefined;
  /** The runbook where none is named. */
  fallback: string;
  /** Flags that are inputs of the runbook. */
  named: Readonly<Record<string, string | undefined>>;
  flags: {
    input: string[];
    'inputs-file'?: string | undefined;
    plan?: string | undefined;
    'dry-run': boolean;
    yes: boolean;
    confirm?: string | undefined;
    json?: boolean;
  };
  show: Omit<Parameters<typeof startRun>[2], 'confirm' | 'askBefore'>;
  prose(text: string): string;
}

/** Plans and runs what is to be done to the accounts of a person, as "oaops account open", "change" and "revoke" do. */
export async function runForPerson(
  app: App,
  operation: Operation,
  { runbook, fallback, named, flags, show, prose }: PersonCommand,
): Promise<CommandResult> {
  const { input, plan: planFile, confirm } = flags;
  const inputs = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  const prepared = await prepareAccounts(app, [operation], {
    runbook: runbook ?? (planFile === undefined ? fallback : undefined),
    inputs: [...input, ...inputs],
    inputsFile: flags['inputs-file'],
    planFile,
    // Whoever names a person is there to read the error.
    ...(named['person'] === 'leavers' ? unattendedBy(flags, show) : {}),
  });
  if (flags['dry-run']) return { json: prepared.plan, text: laidOut(prepared.text(show.lang)) };
  const { end, json, text } = await carryOut(app, prepared, { ...show, confirm, askBefore: !flags.yes });
  return { exitCode: end.exitCode, ...(app.globals.json ? { json } : { text: prose(text) }) };
}
