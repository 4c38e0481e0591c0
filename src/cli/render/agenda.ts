import { oneLine } from '../../core/plain-text.ts';
import { type Paint, paint } from '../color.ts';
import { clip, displayWidth, pad, wrap } from './width.ts';

export interface AgendaEntry {
  id: string;
  title: string;
  when: string;
  /** Told below it. */
  lines: readonly string[];
  /** To be copied: each stays on one line however long it is. */
  commands?: readonly string[] | undefined;
}

export interface AgendaSection {
  title: string;
  tone: Paint;
  entries: readonly AgendaEntry[];
  /** Stands below the entries. */
  remark?: string | undefined;
  /** How many there are, when some are told in the remark only. */
  count?: number;
}

const gap = 2;
const leastTitle = 16;

/** Lists under their headings, one below the other; empty ones are left out. What it tells is disarmed. */
export function agenda(
  sections: readonly AgendaSection[],
  { columns, color }: { columns: number; color: boolean },
): string {
  const shown = sections.filter(({ entries, remark }) => entries.length > 0 || remark !== undefined);
  const all = shown.flatMap(({ entries }) => entries);
  const widest = (of: (entry: AgendaEntry) => string) =>
    all.reduce((most, entry) => Math.max(most, displayWidth(oneLine(of(entry)))), 0);
  const idWidth = widest(({ id }) => id);
  const indent = gap + idWidth + gap;
  const titleWidth = Math.max(
    leastTitle,
    Math.min(
      widest(({ title }) => title),
      columns - indent - gap - widest(({ when }) => when),
    ),
  );
  return shown
    .map(({ title, tone, entries, remark, count = entries.length }) => {
      const lines = [paint(color, tone, `${title} (${count})`)];
      for (const entry of entries) {
        const name = pad(clip(oneLine(entry.title), titleWidth), titleWidth);
        lines.push(
          [' '.repeat(gap) + pad(oneLine(entry.id), idWidth), name, oneLine(entry.when)]
            .join(' '.repeat(gap))
            .trimEnd(),
        );
        for (const told of entry.lines)
          for (const line of wrap(oneLine(told), columns - indent, { longWords: 'keep' }))
            lines.push(' '.repeat(indent) + paint(color, 'dim', line));
        for (const command of entry.commands ?? []) lines.push(' '.repeat(indent) + oneLine(command));
      }
      if (remark !== undefined)
        for (const line of wrap(oneLine(remark), columns - gap))
          lines.push(' '.repeat(gap) + paint(color, 'dim', line));
      return lines.join('\n');
    })
    .join('\n\n');
}
