import { Flags } from '@oclif/core';

/** Flags of `backup create` that compare with the last snapshot. */
export const guardFlags = {
  'max-shrink': Flags.integer({
    description: 'keep the snapshot apart when it is smaller than the last good one by more than this, in percent',
    min: 0,
    max: 100,
    helpValue: 'N',
  }),
  'max-change': Flags.integer({
    description: 'keep the snapshot apart when more than this of it changed, in percent',
    min: 0,
    max: 100,
    helpValue: 'N',
  }),
  'refresh-below': Flags.integer({
    description: 'store again what is current of packs of which less than this is, in percent',
    min: 1,
    max: 99,
    helpValue: 'N',
  }),
};

/** What `runBackup` wants of them. */
export function guardsOf(flags: {
  'max-shrink'?: number | undefined;
  'max-change'?: number | undefined;
  'refresh-below'?: number | undefined;
}) {
  const below = flags['refresh-below'];
  return {
    guards: { maxShrinkPercent: flags['max-shrink'], maxChangePercent: flags['max-change'] },
    ...(below === undefined ? {} : { refreshBelow: below / 100 }),
  };
}
