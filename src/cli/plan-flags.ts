import { Args, Flags } from '@oclif/core';

const run = {
  name: 'RUN',
  description: 'id of the run, the beginning of one, name of its runbook (its newest run), or latest',
};

/** A run that the command acts on: it has to be named. */
export const runArg = Args.string({ ...run, required: true });

/** A run that the command shows: the newest one when none is named. */
export const shownRunArg = Args.string({ ...run, default: 'latest' });

/** Values for the inputs of a runbook. */
export const inputFlags = {
  input: Flags.string({
    char: 'i',
    multiple: true,
    default: [],
    description: 'a value for an input',
    helpValue: 'NAME=VALUE',
  }),
  'inputs-file': Flags.string({ description: 'YAML or JSON file with values for inputs', helpValue: 'FILE' }),
};

/** How a plan is started: from a file or anew, asked for or not. */
export const startFlags = {
  plan: Flags.string({ description: 'run this plan, if nothing has changed since it was made', helpValue: 'FILE' }),
  'dry-run': Flags.boolean({ description: 'print the plan and do nothing' }),
  yes: Flags.boolean({ char: 'y', description: 'do not ask before changes' }),
  confirm: Flags.string({ description: 'the name of the runbook, when it has destructive steps', helpValue: 'NAME' }),
};

/** A part of the targets of a runbook. */
export const limitFlag = {
  limit: Flags.string({
    multiple: true,
    description: 'only these targets: names, group:NAME, patterns, !NAME',
    helpValue: 'TARGET',
  }),
};
