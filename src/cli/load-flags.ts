import { Flags } from '@oclif/core';

const needsAs = { dependsOn: ['as'] };

/** Flags that load the dump of a source into a database, in the place of a restore into a folder. */
export const loadFlags = {
  as: Flags.string({
    description: 'load the dump of a source into a new database of this type',
    options: ['postgres', 'mysql', 'sqlite', 'ldap', 'command'],
    dependsOn: ['source'],
  }),
  source: Flags.string({ ...needsAs, description: 'id of the source in the runbook', helpValue: 'ID' }),
  from: Flags.string({
    ...needsAs,
    description: 'database or file of the source, when it has several',
    helpValue: 'NAME',
  }),
  database: Flags.string({
    ...needsAs,
    description: 'name of the new database; for sqlite a file, for ldap a folder',
    helpValue: 'NAME',
  }),
  on: Flags.string({ ...needsAs, description: 'host of the inventory on which the programs run', helpValue: 'HOST' }),
  inventory: Flags.string({
    description: 'inventory file; default that of the configuration',
    helpValue: 'FILE',
  }),
  address: Flags.string({ ...needsAs, description: 'host name or socket of the server', helpValue: 'NAME' }),
  port: Flags.integer({ ...needsAs, description: 'port of the server', min: 1, max: 65_535 }),
  user: Flags.string({ ...needsAs, description: 'name to log in with at the server', helpValue: 'NAME' }),
  password: Flags.string({
    ...needsAs,
    description: 'where the password is read from: env:NAME, file:/path, cred:NAME',
    helpValue: 'REF',
  }),
  programs: Flags.string({ ...needsAs, description: 'folder of the client programs', helpValue: 'DIR' }),
  shell: Flags.string({
    ...needsAs,
    description: 'for command: script for /bin/sh that reads the dump on standard input',
    helpValue: 'SCRIPT',
  }),
};
