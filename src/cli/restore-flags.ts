import { Flags } from '@oclif/core';
import { snapshotFlags } from './snapshot-flags.ts';

/** Flags of `backup restore`: what is restored, from where, to where and how. */
export const restoreFlags = {
  repo: Flags.string({
    char: 'r',
    multiple: true,
    multipleNonGreedy: true,
    description: 'repository, once for each leg; also OAOPS_REPO',
    helpValue: 'REPO',
  }),
  identity: Flags.string({ char: 'i', description: 'private age key; also OAOPS_IDENTITY_FILE', helpValue: 'FILE' }),
  target: Flags.string({
    char: 't',
    description: 'empty or new folder, also ssh://HOST/DIR; with --in-place any folder, default /',
    exclusive: ['as'],
    helpValue: 'DIR',
  }),
  include: Flags.string({ multiple: true, description: 'only what matches', helpValue: 'PATTERN' }),
  exclude: Flags.string({ char: 'e', multiple: true, description: 'not what matches', helpValue: 'PATTERN' }),
  owners: Flags.string({
    description: 'owners by number, by name, or not at all; default numbers as root, none otherwise',
    options: ['numbers', 'names', 'none'],
  }),
  usermap: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'another owner: names or numbers, * for everybody else',
    helpValue: 'OLD=NEW',
  }),
  groupmap: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'another group: names or numbers, * for every other one',
    helpValue: 'OLD=NEW',
  }),
  'owner-map': Flags.string({ description: 'lines "user OLD=NEW" and "group OLD=NEW"', helpValue: 'FILE' }),
  'in-place': Flags.boolean({
    description: 'change what is in the target into what was stored; to overwrite needs --confirm',
  }),
  delta: Flags.string({
    description: 'in place, what decides that a file is not written: content, or with --delta alone size and time',
    options: ['content', 'time'],
  }),
  delete: Flags.boolean({
    description: 'in place, also remove what the snapshot does not have; needs --confirm',
  }),
  confirm: Flags.string({
    description: 'the name of the target, to overwrite or remove there; with --as, of a database to remove first',
    helpValue: 'NAME',
  }),
  'dry-run': Flags.boolean({ char: 'n', description: 'tell what would be done, and do nothing' }),
  ...snapshotFlags,
};
