import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/accounts/directory.ts';
import { type Concerned, noticesOf, noticeText } from '../../../src/accounts/entry/notices.ts';
import type { EntryHistory } from '../../../src/accounts/record/entries.ts';

const mails = { person: 'zhang@oa.example', head: 'Li@oa.example', owner: 'li@oa.example' };

function concerned(login: string, over: Partial<Concerned> = {}): Concerned {
  return {
    directory: 'ldap',
    ref: { key: login, login },
    findings: ['leaver'],
    evidence: ['left on 2026-10-31 (roster.csv:12)'],
    mails,
    ...over,
  };
}

function history(changes: Change[], over: Partial<EntryHistory> = {}): EntryHistory {
  const marks = changes.map((change) => ({ change, mark: {}, done: [`did ${change.do}`], left: [], at: '' }));
  return { image: {}, name: '', marks, ...over };
}

const run = '20261130T010203Z-00000001';

describe('noticesOf', () => {
  it('writes one notice to each address, whatever its case, in both languages', () => {
    const entries = new Map([
      ['ldap|zhang', history([{ do: 'disable' }, { do: 'strip', rights: ['cn=sales'] }, { do: 'hold' }])],
      ['ldap|zhang2', history([{ do: 'disable' }])],
    ]);
    const items = [concerned('zhang'), concerned('zhang2')];
    const notices = noticesOf(items, entries, { run, to: ['head', 'owner'] });
    expect(notices).toEqual([{ to: 'li@oa.example', lines: [expect.any(String), expect.any(String)] }]);
    const { subject, text } = noticeText(notices[0]!.lines, { run, objectUntil: '2026-12-30', again: false });
    expect(subject).toBe('Accounts changed 账号变更通知 (2)');
    expect(text).toMatch(/^These accounts/);
    expect(text).toContain(
      '- zhang (ldap): disabled 已停用; rights taken away 已收回权限: cn=sales; moved to the hold area 已移入保留区 [leaver 离职账号; left on 2026-10-31 (roster.csv:12)]',
    );
    expect(text).toContain('by 2026-12-30');
    expect(text).toContain('2026-12-30 前');
    expect(text).toContain(run);
  });

  it('says that it can be taken back, and no day, where nothing is deleted', () => {
    const entries = new Map([['ldap|zhang', history([{ do: 'sessions' }])]]);
    const [notice] = noticesOf([concerned('zhang')], entries, { run, to: ['person'] });
    expect(notice).toMatchObject({ to: 'zhang@oa.example' });
    const { text } = noticeText(notice!.lines, { run, again: true });
    expect(text).toMatch(/^You may have got this before[\s\S]*\n您可能已收到过[\s\S]*at once/);
    expect(text).not.toMatch(/deleted/);
  });

  it('says nothing of what was not done, or taken back by the same run', () => {
    const entries = new Map([
      ['ldap|zhang', history([])],
      ['ldap|new:wang', history([{ do: 'update', attributes: {} }], { restored: { at: '', by: run, conflicts: [] } })],
    ]);
    const items = [concerned('zhang'), concerned('li'), concerned('wang', { ref: { key: 'new:wang', login: 'wang' } })];
    expect(noticesOf(items, entries, { run, to: ['person', 'head', 'owner'] })).toEqual([]);
  });

  it('tells of accounts that were opened, and of attributes that follow a transfer', () => {
    const update = { do: 'update', attributes: { department: '财务部', post: '会计' } } as const;
    const entries = new Map([
      ['ldap|new:wang', history([update, { do: 'grant', rights: ['cn=a', 'cn=b'] }])],
      ['ldap|zhang', history([update])],
    ]);
    const items = [concerned('wang', { ref: { key: 'new:wang', login: 'wang' }, findings: [] }), concerned('zhang')];
    const [notice] = noticesOf(items, entries, { run, to: ['person'] });
    const text = notice!.lines.join('\n');
    expect(text).toContain('wang (ldap): opened 已开通; rights given 已授予权限: cn=a, cn=b');
    expect(text).toContain('zhang (ldap): now 已更新为 财务部 / 会计');
  });
});
