import { z } from 'zod';
import { closeAccount, type OpeningItem, openAccount } from '../../accounts/opening.ts';
import { oneTimePassword } from '../../accounts/password.ts';
import { OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { Action } from '../../engine/action.ts';
import { type AccountContext, type AccountServices, directoriesOf, directorySpec, entryWork } from './services.ts';

const withSchema = z.strictObject({
  item: z
    .looseObject({ line: z.string(), directory: z.string(), login: z.string(), rights: z.array(z.string()) })
    .describe('The account to be made.'),
});
type With = z.infer<typeof withSchema>;

/** Makes an account with the rights of its role; its one-time password goes to whom the company says, and nowhere else. */
export const accountOpen: Action<With, AccountServices> = {
  name: 'account.open',
  title: { en: 'Open an account', 'zh-CN': '开通一个账号' },
  effect: 'write',
  withSchema,
  resultSchema: z.object({ done: z.array(z.string()), left: z.array(z.string()), name: z.string() }),
  usesTargets: false,
  idempotent: false,
  describe(args) {
    const { directory, login, personName, rights, deliver } = args.item as unknown as OpeningItem;
    const where = deliver
      ? `; the password goes to ${deliver.to} by ${deliver.channel}`
      : '; the password is shown here once';
    return `make ${login} (${directory}) for ${personName} with ${rights.join(', ') || 'no rights'}${where}`;
  },
  async apply(args, context) {
    const item = args.item as unknown as OpeningItem;
    const directories = await directoriesOf(context);
    const work = await entryWork(context);
    const password = oneTimePassword(context.services.accounts.random, item.passwordLength);
    refuseUndeliverable(item, context);
    const opened = await directories.use(directorySpec(context.plan, item.directory), context.signal, (directory) =>
      openAccount(directory, item, { password, deliver: (login, text) => deliver(item, login, text, context) }, work),
    );
    const result = { done: opened.done, left: opened.left, name: opened.ref.name };
    if (opened.left.length === 0) return { status: 'ok', result };
    return { status: 'incomplete', result, message: `${item.login} (${item.directory}): ${opened.left.join('; ')}` };
  },
  recover: async () => ({ status: 'not-started' }),
};

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
    const { directory, login } = args.item as unknown as OpeningItem;
    return `remove ${login} (${directory}) again`;
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

/** Before anything is made: a password that nobody gets is an account that nobody can use. */
function refuseUndeliverable(item: OpeningItem, context: AccountContext): void {
  if (item.deliver || context.ask) return;
  throw new OaopsError('password-undeliverable', `there is no way to hand over the password of ${item.login}`, {
    exitCode: ExitCode.refused,
    next: 'Run it at a terminal, or name a channel in "opening.deliver".',
  });
}

async function deliver(item: OpeningItem, login: string, password: string, context: AccountContext): Promise<void> {
  if (item.deliver) {
    const notifier = await context.services.notifier();
    const reminder = item.remindSecondFactor
      ? '\nBind a second factor at the first login. 首次登录请绑定双因素认证。'
      : '';
    const text = `Login 账号: ${login}\nOne-time password 一次性密码: ${password}\nChange it at the first login. 首次登录请修改密码。${reminder}`;
    const [delivery] = await notifier.send(
      [item.deliver.channel],
      { subject: `Account opened 账号开通: ${login} (${item.directory})`, text, to: [item.deliver.to] },
      context.signal,
    );
    if (delivery?.status === 'sent' && !delivery.rejected?.length) return;
    throw new OaopsError(
      'password-undelivered',
      `the password of ${login} could not be delivered, so the account was removed again: ${delivery?.message ?? `refused for ${item.deliver.to}`}`,
      { next: 'Repair the channel, then start a new run.' },
    );
  }
  const answer = await context.ask!({
    kind: 'confirm',
    message: `${login} (${item.directory}), one-time password: ${password} - handed over?`,
  });
  if (answer?.value === true) return;
  throw new OaopsError(
    'password-undelivered',
    `the password of ${login} was not handed over, so the account was removed again`,
    {
      exitCode: ExitCode.refused,
      next: 'Start a new run when the person is there.',
    },
  );
}
