import { Flags } from '@oclif/core';

/** Flags that leave something out of a backup. */
export const excludeFlags = {
  exclude: Flags.string({
    char: 'e',
    multiple: true,
    description: 'leave out what matches, such as *.tmp or /srv/*/cache',
    helpValue: 'PATTERN',
  }),
  'exclude-file': Flags.string({
    multiple: true,
    description: 'leave out what the patterns in this file match, one a line',
    helpValue: 'FILE',
  }),
  'exclude-if-present': Flags.string({
    multiple: true,
    description: 'leave out folders that hold this file',
    helpValue: 'NAME',
  }),
  'exclude-caches': Flags.boolean({ description: 'leave out folders with a CACHEDIR.TAG' }),
  'one-file-system': Flags.boolean({ char: 'x', description: 'do not go into other file systems' }),
};
