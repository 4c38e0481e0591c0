import { Args, Flags } from '@oclif/core';

/** Which hosts a command is about; selectors are those of `host list`. */
export const selectorArg = Args.string({ name: 'SELECTOR', description: 'which hosts; default all' });

/** Where the hosts come from, and how many of them at once. */
export function hostFlags(defaults: { parallel: number }) {
  return {
    inventory: Flags.string({ description: 'inventory file; default that of the configuration', helpValue: 'FILE' }),
    parallel: Flags.integer({
      description: 'so many hosts at once',
      default: defaults.parallel,
      min: 1,
      max: 1000,
      helpValue: 'N',
    }),
  };
}

/** For commands that only ask: after which time a host counts as one that does not answer. */
export function giveUpFlag(after: string) {
  return Flags.string({ description: 'give a host up after this time', default: after, helpValue: 'TIME' });
}

export const becomeFlag = Flags.boolean({ description: 'as root by sudo, where the inventory does not say how' });
