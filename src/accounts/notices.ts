import type { Change } from './directory.ts';
import type { FindingType } from './model.ts';
import { accountId, type EntryHistory } from './record.ts';

/** An account that a run has to do with. */
export interface Concerned {
  directory: string;
  ref: { key: string; login: string };
  findings: readonly FindingType[];
  /** What was seen, for people. */
  evidence: readonly string[];
  mails?: { person?: string; head?: string; owner?: string };
}

export interface AccountNotice {
  to: string;
  subject: string;
  text: string;
}

export interface NoticeContext {
  run: string;
  to: readonly ('person' | 'head' | 'owner')[];
  /** Day after which held accounts may be deleted; absent: none is. */
  objectUntil?: string;
}

/**
 * One notice for each address, with everything that was done to the accounts that it is concerned with, why, and by when to object; in both languages,
 * because nobody knows which one is read. What was taken back by the same run is told to nobody.
 */
export function noticesOf(
  items: readonly Concerned[],
  entries: ReadonlyMap<string, EntryHistory>,
  { run, to, objectUntil }: NoticeContext,
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
  return [...found.values()].map(({ address, lines }) => ({
    to: address,
    subject: `Accounts changed 账号变更通知 (${lines.length})`,
    text: [
      'These accounts of yours, or of people you answer for, were changed:',
      '您本人或您负责人员的以下账号已变更：',
      '',
      ...lines,
      '',
      ...objection(run, objectUntil),
      '',
    ].join('\n'),
  }));
}

function lineOf({ ref, directory, findings, evidence }: Concerned, done: EntryHistory['marks']): string {
  const made = ref.key.startsWith('new:');
  const what = done.map(({ change }) => wordsOf(change, made));
  const reasons = [...findings.map((finding) => findingWords[finding] ?? finding), ...evidence];
  return `- ${ref.login} (${directory}): ${what.join('; ')}${reasons.length > 0 ? ` [${reasons.join('; ')}]` : ''}`;
}

function objection(run: string, until: string | undefined): string[] {
  if (until === undefined)
    return [
      `If that is wrong, tell the system administrator at once: it can be taken back (run ${run}).`,
      `如有误，请立即联系系统管理员，可撤销（运行编号 ${run}）。`,
    ];
  return [
    `If that is wrong, tell the system administrator by ${until}: until then it can be taken back (run ${run}), after that accounts may be deleted.`,
    `如有误，请在 ${until} 前联系系统管理员，此前可撤销（运行编号 ${run}），逾期账号可能被删除。`,
  ];
}

function wordsOf(change: Change, made: boolean): string {
  switch (change.do) {
    case 'disable':
      return 'disabled 已停用';
    case 'strip':
      return `rights taken away 已收回权限${change.rights ? `: ${change.rights.join(', ')}` : ''}`;
    case 'hold':
      return 'moved to the hold area 已移入保留区';
    case 'delete':
      return 'deleted 已删除';
    case 'grant':
      return `rights given 已授予权限: ${change.rights.join(', ')}`;
    case 'update':
      if (made) return 'opened 已开通';
      return `now 已更新为 ${Object.values(change.attributes).join(' / ')}`;
    case 'sessions':
      return 'sessions, keys and jobs ended 已清除会话、密钥与计划任务';
  }
}

const findingWords: Partial<Record<FindingType, string>> = {
  leaver: 'leaver 离职',
  dormant: 'not used for long 长期未使用',
  'never-used': 'never used 从未使用',
  orphan: 'belongs to nobody 无主账号',
  duplicate: 'duplicate 重复账号',
  'default-account': 'default account 默认账号',
  'expired-temporary': 'temporary account is over 临时账号到期',
  'rights-beyond-role': 'rights beyond the role 权限超出岗位',
  'rights-missing': 'rights due to the role 岗位应有权限',
};
