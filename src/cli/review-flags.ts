import { Flags } from '@oclif/core';

const answer = ['do', 'keep', 'all', 'import', 'export', 'send', 'list', 'confirm', 'deny', 'start'];
const others = (...own: string[]) => answer.filter((name) => !own.includes(name));
const deciding = ['all', 'do', 'keep'];

/** Ways to sign a list, or to give it to those who do. */
export const reviewFlags = {
  list: Flags.boolean({ description: 'show the list and ask nothing', exclusive: others('list') }),
  all: Flags.option({
    description: 'decide every line that is open and not named otherwise',
    options: ['do', 'keep'] as const,
    exclusive: others(...deciding),
  })(),
  do: Flags.string({
    description: 'carry out this line, or all lines of this login',
    helpValue: 'LINE|LOGIN',
    multiple: true,
    default: [],
    exclusive: others(...deciding),
  }),
  keep: Flags.string({
    description: 'leave this line, or all lines of this login, as it is',
    helpValue: 'LINE|LOGIN',
    multiple: true,
    default: [],
    exclusive: others(...deciding),
  }),
  reason: Flags.string({
    description: 'why; kept with the lines named by --do or --keep, with all where none is named',
    helpValue: 'TEXT',
  }),
  export: Flags.string({
    description: 'write the open lines into this folder, one CSV file for each head',
    helpValue: 'DIR',
    exclusive: others('export'),
  }),
  import: Flags.string({
    description: 'take over a list that was filled in',
    helpValue: 'FILE',
    multiple: true,
    default: [],
    exclusive: others('import'),
  }),
  'signed-by': Flags.string({
    description: 'who has signed the file, as it says; kept beside your login',
    helpValue: 'NAME',
    dependsOn: ['import'],
  }),
  signature: Flags.string({
    description:
      'SSH signature of the head over the file (ssh-keygen -Y sign -n oaops-review); then the head is the signer',
    helpValue: 'FILE',
    dependsOn: ['import'],
    exclusive: ['signed-by'],
  }),
  send: Flags.boolean({ description: 'send each head its list by mail, once', exclusive: others('send') }),
  confirm: Flags.string({
    description: 'this account belongs to the person that it is like, or to --person',
    helpValue: 'ACCOUNT',
    exclusive: others('confirm'),
  }),
  deny: Flags.string({
    description: 'this account does not belong to the person that it is like',
    helpValue: 'ACCOUNT',
    exclusive: others('deny'),
  }),
  person: Flags.string({ description: 'employee number, with --confirm or --deny', helpValue: 'ID' }),
  start: Flags.boolean({ description: 'plan a review of rights and start it', exclusive: others('start') }),
  'dry-run': Flags.boolean({ description: 'print the plan and do nothing', dependsOn: ['start'] }),
  yes: Flags.boolean({ char: 'y', description: 'do not ask before changes', dependsOn: ['start'] }),
};
