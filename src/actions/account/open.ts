import { z } from 'zod';
import { closeAccount, type OpeningItem, openAccount, openingId, placeOf } from '../../accounts/person/opening.ts';
import { oneTimePassword } from '../../accounts/person/password.ts';
import { stillHolds } from '../../accounts/plan/recheck.ts';
import { addRefusal } from '../../accounts/record/entries.ts';
import { isoTime } from '../../core/clock.ts';
import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { Action, ActionOutcome } from '../../engine/action.ts';
import { localText } from '../../engine/plan/plan-text.ts';
import type { LocalizedText } from '../../runbook/types.ts';
import {
  type AccountContext,
  type AccountServices,
  companyOf,
  directoriesOf,
  directorySpec,
  doorsOf,
  entryWork,
} from './services.ts';

const withSchema = z.strictObject({
  item: z
    .looseObject({ line: z.string(), directory: z.string(), login: z.string(), rights: z.array(z.string()) })
    .describe('The account to be made.'),
});
type With = z.infer<typeof withSchema>;

/**
 * Makes an account with the rights of its role; its one-time password goes to whom the company says, and nowhere else. Where it is shown at a terminal it
 * waits for one.
 */
export const accountOpen: Action<With, AccountServices> = {
  name: 'account.open',
  title: { en: 'Open an account', 'zh-CN': '开通一个账号' },
  effect: 'write',
  withSchema,
  resultSchema: z.object({ done: z.array(z.string()), left: z.array(z.string()), name: z.string() }),
  usesTargets: false,
  idempotent: false,
  canWait: true,
  describe(args) {
    const item = args.item as unknown as OpeningItem;
    const { directory, personName, rights, because, deliver, expiresAt } = item;
    const facts = [
      `make ${placeOf(item)} (${directory}) for ${personName} with ${rights.join(', ') || 'no rights'}`,
      ...because,
      ...(expiresAt === undefined ? [] : [`it ends at ${new Date(expiresAt).toISOString()}`]),
      deliver
        ? `the password goes to ${deliver.to} by ${deliver.channel}`
        : 'the password is shown at the terminal once',
    ];
    return facts.join('; ');
  },
  async apply(args, context) {
    const item = args.item as unknown as OpeningItem;
    // Before anything is made: a password that nobody gets is an account that nobody can use.
    if (!item.deliver && !context.ask)
      return {
        status: 'waiting',
        message: `the password of ${placeOf(item)} is shown at a terminal, and there is none`,
        next: `Go on at a terminal: oaops runs resume ${context.runId}`,
      };
    // It has waited for a terminal, maybe for days: the person may have left meanwhile.
    if ((await context.firstWaitedAtMs()) !== undefined) {
      const company = companyOf(context.plan);
      const dropped = await stillHolds(company, [], await doorsOf(context), context.signal, [item]);
      const reason = dropped.get(item.line);
      if (reason !== undefined) return leftAlone(item, reason, context);
    }
    const directories = await directoriesOf(context);
    const work = await entryWork(context);
    const password = oneTimePassword(context.services.accounts.random, item.passwordLength);
    // Servers may repeat what they were sent in their errors.
    context.services.accounts.hide(password);
    const opened = await directories.use(directorySpec(context.plan, item.directory), context.signal, (directory) =>
      openAccount(directory, item, { password, deliver: (login, text) => deliver(item, login, text, context) }, work),
    );
    const result = { done: opened.done, left: opened.left, name: opened.ref.name };
    if (opened.left.length === 0) return { status: 'ok', result };
    return { status: 'incomplete', result, message: `${placeOf(item)} (${item.directory}): ${opened.left.join('; ')}` };
  },
  // Whatever was begun is found in the record: see openAccount.
  recover: async () => ({ status: 'not-started' }),
};

async function leftAlone(item: OpeningItem, reason: string, context: AccountContext): Promise<ActionOutcome> {
  const facts = await context.services.facts();
  await addRefusal(facts, context.runId, openingId(item), isoTime(context.clock.nowMs()), reason);
  return {
    status: 'incomplete',
    result: { done: [], left: [], name: placeOf(item) },
    message: `${placeOf(item)} (${item.directory}) was not opened: ${reason}`,
  };
}

/** Removes an account that `account.open` has made in this run. */
export const accountClose: Action<With, AccountServices> = {
  name: 'account.close',
  title: { en: 'Remove an account that was just made', 'zh-CN': '撤销刚开通的账号' },
  effect: 'write',
  withSchema,
  resultSchema: z.object({ done: z.array(z.string()) }),
  usesTargets: false,
  idempotent: true,
  describe(args) {
    const item = args.item as unknown as OpeningItem;
    return `remove ${placeOf(item)} (${item.directory}) again`;
  },
  async apply(args, context) {
    const item = args.item as unknown as OpeningItem;
    const work = await entryWork(context);
    const directories = await directoriesOf(context);
    const done = await directories.use(directorySpec(context.plan, item.directory), context.signal, (directory) =>
      closeAccount(directory, item, work),
    );
    return { status: 'ok', result: { done: done ?? [] } };
  },
  recover: async () => ({ status: 'not-started' }),
};

async function deliver(item: OpeningItem, login: string, password: string, context: AccountContext): Promise<void> {
  if (item.deliver) await sendPassword(item, item.deliver, login, password, context);
  else await showPassword(item, login, password, context);
}

async function sendPassword(
  item: OpeningItem,
  { channel, to }: NonNullable<OpeningItem['deliver']>,
  login: string,
  password: string,
  context: AccountContext,
): Promise<void> {
  const notifier = await context.services.notifier();
  const text = [
    `${both(words.account)}: ${placeOf(item)} (${item.directory})`,
    `${both(words.person)}: ${item.personName} (${item.person})`,
    `${both(words.password)}: ${password}`,
    both(words.change),
    ...(item.remindSecondFactor ? [both(words.secondFactor)] : []),
    '',
  ].join('\n');
  const subject = `${both(words.opened)}: ${placeOf(item)} (${item.directory})`;
  const [delivery] = await notifier.send([channel], { subject, text, to: [to] }, context.signal);
  if (delivery?.status === 'sent' && !delivery.rejected?.length) return;
  throw new OaopsError(
    'password-undelivered',
    `the password of ${login} did not get to ${to}: ${delivery?.message ?? 'the address was refused'}`,
    { next: 'Repair the channel or the address, then start a new run.' },
  );
}

/** For readers of either language: one after the other. */
function both(text: { en: string; 'zh-CN': string }): string {
  return `${text.en} ${text['zh-CN']}`;
}

const words = {
  opened: { en: 'Account opened', 'zh-CN': '账号开通' },
  account: { en: 'Account', 'zh-CN': '账号' },
  person: { en: 'For', 'zh-CN': '使用人' },
  password: { en: 'One-time password', 'zh-CN': '一次性密码' },
  change: { en: 'Change it at the first login.', 'zh-CN': '首次登录请修改密码。' },
  secondFactor: { en: 'Bind a second factor at the first login.', 'zh-CN': '首次登录请绑定双因素认证。' },
  handedOver: { en: 'Handed over?', 'zh-CN': '已交付？' },
};

async function showPassword(
  item: OpeningItem,
  login: string,
  password: string,
  { ask, lang }: AccountContext,
): Promise<void> {
  const say = (text: LocalizedText) => localText(text, lang);
  const answer = await ask!({
    kind: 'confirm',
    vanishes: true,
    message: [
      `${placeOf(item)} (${item.directory}), ${item.personName}`,
      `${say(words.password)}: ${password}`,
      say(words.change),
      ...(item.remindSecondFactor ? [say(words.secondFactor)] : []),
      say(words.handedOver),
    ].join('\n'),
  });
  if (answer?.value === true) return;
  throw new OaopsError('password-undelivered', `the password of ${login} was not handed over`, {
    exitCode: ExitCode.refused,
    next: 'Start a new run when the person is there.',
  });
}
