import type { Change } from '../directory.ts';
import { type FindingType, findingNames } from '../model.ts';
import { accountId } from '../record/account-id.ts';
import type { EntryHistory } from '../record/entries.ts';
import { nameOf } from './name.ts';

/** An account that a run has to do with. */
export interface Concerned {
  directory: string;
  /** `name`: where it is; of hosts with the host. */
  ref: { key: string; login: string; name?: string };
  findings: readonly FindingType[];
  /** What was seen, for people. */
  evidence: readonly string[];
  mails?: { person?: string; head?: string; owner?: string };
}

export interface AccountNotice {
  to: string;
  /** One an account. */
  lines: string[];
}

export interface NoticeContext {
  run: string;
  to: readonly ('person' | 'head' | 'owner')[];
}

/** One notice for each address, with everything that was done to the accounts that it is concerned with, and why. What was taken back by the same run is told to nobody. */
export function noticesOf(
  items: readonly Concerned[],
  entries: ReadonlyMap<string, EntryHistory>,
  { run, to }: NoticeContext,
): AccountNotice[] {
  const found = new Map<string, { address: string; lines: string[] }>();
  for (const item of items) {
    const history = entries.get(accountId(item.directory, item.ref.key));
    if (!history || history.restored?.by === run) continue;
    const done = history.marks.filter((mark) => mark.done.length > 0);
    if (done.length === 0) continue;
    const line = lineOf(item, done);
    const addresses = to.flatMap((whom) => item.mails?.[whom] ?? []);
    for (const address of new Map(addresses.map((one) => [one.toLowerCase(), one])).values()) {
      const notice = found.get(address.toLowerCase()) ?? { address, lines: [] };
      notice.lines.push(line);
      found.set(address.toLowerCase(), notice);
    }
  }
  return [...found.values()].map(({ address, lines }) => ({ to: address, lines }));
}

/**
 * The mail with some lines of a notice, and by when to object; in both languages, because nobody knows which one is read. `objectUntil`: day after which
 * held accounts may be deleted; absent: none is. `again`: it may have arrived before.
 */
export function noticeText(
  lines: readonly string[],
  { run, objectUntil, again }: { run: string; objectUntil?: string; again: boolean },
): { subject: string; text: string } {
  const repeated = again ? [words.again.en, words.again['zh-CN'], ''] : [];
  return {
    subject: `${both(words.subject)} (${lines.length})`,
    text: [
      ...repeated,
      words.intro.en,
      words.intro['zh-CN'],
      '',
      ...lines,
      '',
      ...objection(run, objectUntil),
      '',
    ].join('\n'),
  };
}

function lineOf({ ref, directory, findings, evidence }: Concerned, done: EntryHistory['marks']): string {
  const made = ref.key.startsWith('new:');
  const what = done.map(({ change }) => wordsOf(change, made));
  const reasons = [
    ...findings.map((finding) => {
      const phrase = findingPhrases[finding];
      return phrase ? both(phrase) : finding;
    }),
    ...evidence,
  ];
  return `- ${nameOf(ref)} (${directory}): ${what.join('; ')}${reasons.length > 0 ? ` [${reasons.join('; ')}]` : ''}`;
}

function objection(run: string, until: string | undefined): string[] {
  const text = until === undefined ? words.objectNow : words.objectUntil;
  return [text.en, text['zh-CN']].map((line) => line.replace('RUN', run).replace('DAY', until ?? ''));
}

function wordsOf(change: Change, made: boolean): string {
  if (change.do === 'update')
    return made ? both(words.opened) : `${both(words.now)} ${Object.values(change.attributes).join(' / ')}`;
  const rights = 'rights' in change && change.rights ? `: ${change.rights.join(', ')}` : '';
  return `${both(changeWords[change.do])}${rights}`;
}

/** For readers of either language: one after the other. */
function both(text: Text): string {
  return `${text.en} ${text['zh-CN']}`;
}

type Text = { en: string; 'zh-CN': string };

const words = {
  subject: { en: 'Accounts changed', 'zh-CN': '账号变更通知' },
  intro: {
    en: 'These accounts of yours, or of people you answer for, were changed:',
    'zh-CN': '您本人或您负责人员的以下账号已变更：',
  },
  again: {
    en: 'You may have got this before: its sending was cut off, and nobody knows whether it arrived.',
    'zh-CN': '您可能已收到过本通知：上次发送被中断，无法确认是否送达，故再发一次。',
  },
  objectNow: {
    en: 'If that is wrong, tell the system administrator at once: it can be taken back (run RUN).',
    'zh-CN': '如有误，请立即联系系统管理员，可撤销（运行编号 RUN）。',
  },
  objectUntil: {
    en: 'If that is wrong, tell the system administrator by DAY: until then it can be taken back (run RUN), after that accounts may be deleted.',
    'zh-CN': '如有误，请在 DAY 前联系系统管理员，此前可撤销（运行编号 RUN），逾期账号可能被删除。',
  },
  opened: { en: 'opened', 'zh-CN': '已开通' },
  now: { en: 'now', 'zh-CN': '已更新为' },
} satisfies Record<string, Text>;

const changeWords: Record<Exclude<Change['do'], 'update'>, Text> = {
  disable: { en: 'disabled', 'zh-CN': '已停用' },
  strip: { en: 'rights taken away', 'zh-CN': '已收回权限' },
  hold: { en: 'moved to the hold area', 'zh-CN': '已移入保留区' },
  delete: { en: 'deleted', 'zh-CN': '已删除' },
  grant: { en: 'rights given', 'zh-CN': '已授予权限' },
  sessions: { en: 'sessions, keys and jobs ended', 'zh-CN': '已清除会话、密钥与计划任务' },
};

/** What was found, as whoever it is about understands it. */
const findingPhrases: Partial<Record<FindingType, Text>> = {
  leaver: { en: 'leaver', 'zh-CN': findingNames.leaver['zh-CN'] },
  dormant: { en: 'not used for long', 'zh-CN': findingNames.dormant['zh-CN'] },
  'never-used': { en: 'never used', 'zh-CN': findingNames['never-used']['zh-CN'] },
  orphan: { en: 'belongs to nobody', 'zh-CN': findingNames.orphan['zh-CN'] },
  duplicate: { en: 'duplicate', 'zh-CN': findingNames.duplicate['zh-CN'] },
  'default-account': { en: 'default account', 'zh-CN': findingNames['default-account']['zh-CN'] },
  'expired-temporary': { en: 'temporary account is over', 'zh-CN': findingNames['expired-temporary']['zh-CN'] },
  'rights-beyond-role': { en: 'rights beyond the role', 'zh-CN': findingNames['rights-beyond-role']['zh-CN'] },
  'rights-missing': { en: 'rights due to the role', 'zh-CN': findingNames['rights-missing']['zh-CN'] },
};
