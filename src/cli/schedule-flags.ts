import { Flags } from '@oclif/core';

/** Where `oaops schedule install` puts it, and how to look first. */
export const installFlags = {
  crontab: Flags.boolean({ description: 'a block in the crontab of this user', exclusive: ['systemd'] }),
  systemd: Flags.boolean({
    description: 'a systemd timer: of the system as root, else of this user',
    exclusive: ['crontab'],
  }),
  'dry-run': Flags.boolean({ description: 'only show what would be changed' }),
};
