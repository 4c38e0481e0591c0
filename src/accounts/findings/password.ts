import { SharedTexts } from '../audit/shared-values.ts';
import { tellAge } from './days.ts';
import type { Rule } from './types.ts';

export const passwordTooOld: Rule = {
  type: 'password-too-old',
  needsPeople: false,
  start({ policies: { passwordMaxAge }, days }) {
    if (passwordMaxAge === undefined) return undefined;
    const figure = tellAge(passwordMaxAge);
    const texts = new SharedTexts();
    return ({ account: { passwordChangedAt } }) =>
      passwordChangedAt === undefined || days.nowMs - passwordChangedAt < passwordMaxAge
        ? undefined
        : { evidence: texts.of(`password of ${days.dateOf(passwordChangedAt)}`), figure };
  },
};

export const passwordNeverExpires: Rule = {
  type: 'password-never-expires',
  needsPeople: false,
  start({ policies }) {
    if (!policies.passwordNeverExpires) return undefined;
    const found = { evidence: 'the directory says that its password never expires' };
    return ({ account }) => (account.passwordNeverExpires === true ? found : undefined);
  },
};
