import type { EntryItem } from './entry.ts';
import { accountId, type EntryHistory } from './record.ts';

export interface AccountNotice {
  to: string;
  subject: string;
  text: string;
}

/** One notice for each address, with everything that was done to the accounts that it is concerned with; in both languages, because nobody knows which one is read. */
export function noticesOf(
  items: readonly EntryItem[],
  entries: ReadonlyMap<string, EntryHistory>,
  to: readonly ('person' | 'head' | 'owner')[],
): AccountNotice[] {
  const lines = new Map<string, string[]>();
  for (const item of items) {
    const done = entries.get(accountId(item.directory, item.ref.key))?.marks.flatMap((mark) => mark.done) ?? [];
    if (done.length === 0) continue;
    const line = `- ${item.ref.login} (${item.directory}): ${done.join('; ')}${item.evidence.length > 0 ? ` [${item.evidence.join('; ')}]` : ''}`;
    for (const address of new Set(to.flatMap((whom) => item.mails?.[whom] ?? [])))
      lines.set(address, [...(lines.get(address) ?? []), line]);
  }
  return [...lines].map(([address, own]) => ({
    to: address,
    subject: `Accounts changed 账号变更通知 (${own.length})`,
    text: `The following accounts were changed. Tell the system administrator within the hold if that is wrong.\n以下账号已变更，如有误请在保留期内联系系统管理员。\n\n${own.join('\n')}\n`,
  }));
}
