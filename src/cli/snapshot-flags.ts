import { Flags } from '@oclif/core';

/** Flags that choose a snapshot where `latest` alone does not say which; the same for every command that takes one. */
export const snapshotFlags = {
  at: Flags.string({
    description:
      'the newest complete snapshot begun not after this time; in the configured time zone unless it has one',
    helpValue: 'TIME',
  }),
  host: Flags.string({ description: 'latest of this host', helpValue: 'NAME' }),
  tag: Flags.string({ description: 'latest with this label', helpValue: 'TAG' }),
  runbook: Flags.string({ description: 'latest made by this runbook', helpValue: 'NAME' }),
  path: Flags.string({ description: 'latest with this path among its sources', helpValue: 'PATH' }),
};
