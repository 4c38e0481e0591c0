import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/backup/format/entry.ts';
import { entryText } from '../../src/backup/list-entries.ts';
import { listingColumns, listingRow } from '../../src/backup/report.ts';
import { table } from '../../src/cli/render/table.ts';

const snapshot = '20261122T180512Z-9f3a1c2b';
const header = {
  snapshot,
  repository: '0'.repeat(32),
  started: '2026-11-22T18:05:12.123Z',
  ended: '2026-11-22T18:06:12.123Z',
  host: 'a-host-with-a-long-name.oa.example.com',
  user: 'root',
  program: 'oaops/0.1.0',
  runbook: 'backup-of-everything-weekly',
  tags: ['before-upgrade'],
  parent: undefined,
  status: 'incomplete' as const,
  counts: { files: 1234567, bytes: 5e12, storedAddedBytes: 5e11 } as never,
};
const listing = { snapshot, header, problem: undefined };

describe('what backup commands show', () => {
  it.each([40, 80, 200])('never shortens the id of a snapshot in %i columns', (columns) => {
    const rows = [listingRow(listing, Date.parse('2026-11-22T21:30:00Z'))];
    const shown = table(listingColumns, rows, { columns });
    expect(shown).toContain(snapshot);
    expect(shown).toContain('3 h');
  });

  it('tells the id and the problem of a snapshot without a readable index', () => {
    const row = listingRow(
      { snapshot, header: undefined, problem: 'its index is missing' },
      Date.parse('2026-12-24T00:00:00Z'),
    );
    expect(row).toEqual([snapshot, '31 d', '', '', '', 'its index is missing', '']);
  });

  it('shows setuid, setgid and sticky as ls does', () => {
    const entry = {
      type: 'f',
      path: 'x',
      mode: 0,
      uid: 0,
      gid: 0,
      mtimeNs: 0n,
      size: 0,
      flags: [],
    } as unknown as Entry;
    const shown = (mode: number) => entryText({ ...entry, mode }, true).slice(0, 10);
    expect(shown(0o6755)).toBe('-rwsr-sr-x');
    expect(shown(0o1777)).toBe('-rwxrwxrwt');
    expect(shown(0o7644)).toBe('-rwSr-Sr-T');
  });
});
