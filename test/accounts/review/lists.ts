import type { EntryItem } from '../../../src/accounts/entry/entry.ts';
import { lineOf } from '../../../src/accounts/plan/cleanup.ts';
import { seenOf } from '../../../src/accounts/plan/seen.ts';
import { account } from '../judging.ts';

/** An entry of a plan; with rights, each of them is a line of its own. */
export function item(login: string, over: Partial<EntryItem> & { rights?: string[] } = {}): EntryItem {
  const { rights, ...more } = over;
  const one: EntryItem = {
    line: lineOf('ldap', `key-${login}`),
    directory: 'ldap',
    ref: { key: `key-${login}`, name: `uid=${login},dc=oa`, login },
    changes: rights ? [{ do: 'strip', rights }] : [{ do: 'disable' }, { do: 'hold' }],
    seen: seenOf(account(login)),
    findings: rights ? ['rights-beyond-role'] : ['leaver'],
    evidence: ['left on 2026-10-31 (roster.csv:12)'],
    department: 'Sales',
    head: 'E9',
    ...more,
  };
  return rights ? { ...one, byRight: true } : one;
}
