import { defaultAccount } from './default-account.ts';
import { dormant } from './dormant.ts';
import { duplicate } from './duplicate.ts';
import { expiredTemporary } from './expired-temporary.ts';
import { leaver } from './leaver.ts';
import { neverUsed } from './never-used.ts';
import { noSecondFactor } from './no-second-factor.ts';
import { orphan } from './orphan.ts';
import { passwordNeverExpires, passwordTooOld } from './password.ts';
import { privilegedWithoutOwner } from './privileged-without-owner.ts';
import { rightsBeyondRole, rightsMissing } from './rights.ts';
import { shared } from './shared.ts';
import type { Rule } from './types.ts';
import { unknown } from './unknown.ts';

/** All types of findings, in the order in which they are told. */
export const rules: readonly Rule[] = [
  leaver,
  dormant,
  neverUsed,
  orphan,
  duplicate,
  shared,
  defaultAccount,
  privilegedWithoutOwner,
  passwordTooOld,
  passwordNeverExpires,
  noSecondFactor,
  rightsBeyondRole,
  rightsMissing,
  expiredTemporary,
  unknown,
];
