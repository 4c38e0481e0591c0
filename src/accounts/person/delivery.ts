import { usageError } from '../../core/errors.ts';
import { oneLine } from '../../core/plain-text.ts';
import type { KnownPerson } from '../matching/people.ts';
import type { Company } from '../schema/spec.ts';
import { Against } from './against.ts';
import type { OpeningItem } from './opening.ts';
import { type Staff, tellPerson } from './staff.ts';

/**
 * Where the one-time password of somebody goes; undefined: it is shown at the terminal. Looked at before anything is made: a password that nobody gets is an
 * account that nobody can use. `channels`: type of each channel of the configuration.
 * @throws OaopsError `channel-unknown`, `channel-open` (exit 2), `password-undeliverable` (exit 4)
 */
export function deliveryFor(
  person: KnownPerson,
  staff: Staff,
  deliver: Company['opening']['deliver'],
  channels: Readonly<Record<string, string>>,
): OpeningItem['deliver'] {
  if (!deliver) return undefined;
  const type = Object.hasOwn(channels, deliver.channel) ? channels[deliver.channel] : undefined;
  if (type === undefined)
    throw usageError('channel-unknown', `there is no channel "${deliver.channel}" in the configuration`, {
      next: 'Define it under notify.channels, or leave "opening.deliver" out.',
    });
  if (type !== 'smtp')
    throw usageError(
      'channel-open',
      `the channel "${deliver.channel}" reaches more than one person: no password goes there`,
      { next: 'Name a mail channel in "opening.deliver".' },
    );
  const receiver = deliver.to === 'person' ? person : staff.head(person);
  const who = tellPerson(person);
  if (receiver?.mail !== undefined) {
    const other = staff.otherWithMail(receiver.mail, receiver);
    if (other)
      throw new Against(
        'password-undeliverable',
        `${oneLine(receiver.mail)} is the address of ${tellPerson(receiver)} and of ${tellPerson(other)} (${other.where})`,
        'Correct the roster: a password goes to one person.',
      );
    if (isOneAddress(receiver.mail)) return { channel: deliver.channel, to: receiver.mail };
    throw new Against(
      'password-undeliverable',
      `"${oneLine(receiver.mail)}" of ${tellPerson(receiver)} is not one mail address (${receiver.where})`,
      'Correct the roster: a password goes to one address.',
    );
  }
  throw new Against(
    'password-undeliverable',
    deliver.to === 'person'
      ? `the roster has no mail address of ${who}, to whom the password is to go`
      : `the roster has no mail address of the head of ${who}, to whom the password is to go`,
    'Enter it into the roster, or leave "opening.deliver" out: then the password is shown at the terminal.',
  );
}

/** A comma or a line end would send it to somebody else as well. */
function isOneAddress(text: string): boolean {
  return /^[^\s@<>,;:"()[\]\\\p{Cc}]+@[^\s@<>,;:"()[\]\\\p{Cc}]+$/u.test(text);
}
