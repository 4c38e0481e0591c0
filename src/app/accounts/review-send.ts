import { basename, join } from 'node:path';
import { beginNotice, endNotice, openNotice } from '../../accounts/record/notices.ts';
import { listsOf } from '../../accounts/review/lines.ts';
import type { ListLanguage } from '../../accounts/review/words.ts';
import { companyOf } from '../../actions/account/services.ts';
import type { App } from '../../app.ts';
import { isoTime } from '../../core/clock.ts';
import { usageError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import { type Review, refuseClosed, reviewFolder } from './review.ts';
import { audit, nothingOpen, type WrittenList, writeLists } from './review-files.ts';

export interface SentLists {
  /** Addresses. */
  sent: string[];
  /** Before, by an earlier call. */
  already: string[];
  failed: string[];
  /** Lists that reach nobody: the head is not known, or has no address. */
  nobody: string[];
}

/**
 * Sends each head the lists of its people, once. Whom it could not be sent to can be tried again; where a try was cut off it is sent once more.
 * @throws OaopsError `review-channel` (exit 2), `review-over`, `nothing-to-sign` (exit 4), `lock-held` (exit 11)
 */
export async function sendLists(app: App, review: Review, lang: ListLanguage): Promise<SentLists> {
  refuseClosed(review);
  const channel = await mailChannel(app, review);
  const lists = listsOf(review.open);
  if (lists.length === 0) throw nothingOpen(review);
  const run = review.row.id;
  const folder = join(reviewFolder(app, run), 'sent');
  const written = await writeLists(run, lists, { folder, lang, replace: true });
  const told: SentLists = { sent: [], already: [], failed: [], nobody: [] };
  for (const { department, head, headMail } of written)
    if (headMail === null) told.nobody.push(`${department ?? '-'} (${head ?? 'no head'})`);
  const reachable = Map.groupBy(
    written.filter(({ headMail }) => headMail !== null),
    ({ headMail }) => headMail!,
  );
  const { locks } = await app.record();
  // While it is held, a try without an outcome is one whose process is gone.
  const lock = await locks.acquire(`account-send:${run}`, `list of run ${run}`);
  try {
    for (const [to, own] of reachable) {
      const outcome = await sendOnce(app, review, { channel, to, own });
      if (outcome === 'sent' || outcome === 'already') told[outcome].push(to);
      else told.failed.push(`${to}: ${outcome.failed}`);
    }
  } finally {
    await lock.release();
  }
  if (told.sent.length > 0)
    await audit(app, 'account.review.sent', review, {
      to: told.sent,
      files: written.filter(({ headMail }) => headMail !== null && told.sent.includes(headMail)),
    });
  return told;
}

async function sendOnce(
  app: App,
  { row }: Review,
  { channel, to, own }: { channel: string; to: string; own: readonly WrittenList[] },
): Promise<'sent' | 'already' | { failed: string }> {
  const { facts } = await app.record();
  const at = () => isoTime(app.clock.nowMs());
  const key = `list ${to}`;
  const open = await openNotice(facts, row.id, key, ['list']);
  if (open.givenUp.length > 0) return { failed: 'cut off twice while it was sent' };
  if (open.lines.length === 0) return 'already';
  await beginNotice(facts, row.id, key, at(), open.lines);
  const count = own.reduce((sum, { lines }) => sum + lines, 0);
  const notifier = await app.notifier();
  const [delivery] = await notifier.send(
    [channel],
    {
      id: sha256Hex(`${row.id} ${key}`).slice(0, 32),
      subject: `Accounts to review 账号清单待确认 (${count})`,
      text: letter(row.id, count, open.again),
      to: [to],
      attachments: own.map(({ file }) => ({ name: basename(file), path: file })),
    },
    new AbortController().signal,
  );
  const isSent = delivery?.status === 'sent' && !delivery.rejected?.length;
  await endNotice(facts, row.id, key, at(), isSent ? 'sent' : 'failed');
  if (isSent) return 'sent';
  return { failed: delivery?.message ?? 'refused' };
}

/** In both languages, because nobody knows which one is read. */
function letter(run: string, count: number, again: boolean): string {
  return [
    ...(again
      ? ['You may have got this list before; fill in one of them. 您可能已收到过本清单，填写其中一份即可。']
      : []),
    `Please go through the attached list (${count} lines): write "do" or "keep" into the column "decision", a reason where it helps, change nothing else, and send the file back as CSV.`,
    `请核对附件中的账号清单（共 ${count} 行）：在“决定”一列填写“执行”或“保留”，必要时填写理由，其他内容请勿改动，并以 CSV 格式发回。`,
    `(${run})`,
    '',
  ].join('\n\n');
}

async function mailChannel(app: App, { plan }: Review): Promise<string> {
  const { channel } = companyOf(plan).notice;
  if (channel === undefined)
    throw usageError('review-channel', 'the runbook says nothing of how heads are told', {
      next: 'Write "notice: {channel: NAME}", or write the lists with --export DIR.',
    });
  const channels = (await app.config()).settings.notify?.channels ?? {};
  const type = Object.hasOwn(channels, channel) ? channels[channel]?.type : undefined;
  if (type !== 'smtp')
    throw usageError('review-channel', `"${channel}" is no channel for mail; a list cannot be attached`, {
      next: 'Name a channel of type smtp with "notice", or write the lists with --export DIR.',
    });
  return channel;
}
