import type * as Library from '@inquirer/core';
import type { CheckboxLine } from './prompts.ts';

/** What is written beside the lines. */
export interface PickWords {
  /** Below the lines, with the keys. */
  chosen(count: number, of: number): string;
  keys: string;
  nothingFits: string;
}

interface PickConfig {
  message: string;
  lines: readonly CheckboxLine<string>[];
  /** So many rows of the terminal for the lines. */
  pageSize: number;
  words: PickWords;
}

/**
 * Several lines of many, thousands too: whatever is typed is looked for, and only the space bar and Ctrl-A change what is chosen, so that a name that is
 * typed takes no line along. Enter ends the search first, on the line it has found, then the question.
 */
export function pickLines(library: typeof Library) {
  const { createPrompt, isEnterKey, isSpaceKey, isBackspaceKey, makeTheme } = library;
  const { useKeypress, usePagination, usePrefix, useState } = library;
  return createPrompt<string[], PickConfig>(({ message, lines, pageSize, words }, done) => {
    const theme = makeTheme({});
    const [status, setStatus] = useState<'idle' | 'done'>('idle');
    const prefix = usePrefix({ status, theme });
    const [query, setQuery] = useState('');
    const [chosen, setChosen] = useState<ReadonlySet<string>>(preset(lines));
    const shown = fitting(lines, query);
    const [wanted, setActive] = useState(firstLine(shown));
    const active = nearest(shown, wanted, 1);
    const count = lines.filter((line) => 'value' in line).length;

    useKeypress((key, readline) => {
      if (status === 'done') return;
      /** Readline has taken the key for a letter, or moved in what was typed. */
      const stays = (text = query) => {
        readline.clearLine(0);
        if (text !== '') readline.write(text);
      };
      const current = shown[active];
      if (isEnterKey(key)) {
        if (query === '') {
          setStatus('done');
          done(lines.flatMap((line) => ('value' in line && chosen.has(line.value) ? [line.value] : [])));
          return;
        }
        setQuery('');
        setActive(current === undefined ? firstLine(lines) : lines.indexOf(current));
        stays('');
      } else if (isSpaceKey(key)) {
        if (current && 'value' in current) setChosen(toggled(chosen, [current.value], !chosen.has(current.value)));
        stays();
      } else if (key.ctrl && key.name === 'a') {
        const values = shown.flatMap((line) => ('value' in line ? [line.value] : []));
        setChosen(
          toggled(
            chosen,
            values,
            values.some((value) => !chosen.has(value)),
          ),
        );
        stays();
      } else if (key.name === 'escape') {
        setQuery('');
        setActive(current === undefined ? firstLine(lines) : lines.indexOf(current));
        stays('');
      } else {
        const to = target(key, shown, active, pageSize);
        if (to !== undefined) {
          setActive(to);
          stays();
        } else if (readline.line !== query) {
          setQuery(readline.line);
          setActive(firstLine(fitting(lines, readline.line)));
        } else if (isBackspaceKey(key)) stays();
      }
    });

    const head = [prefix, theme.style.message(message, status)].filter(Boolean).join(' ');
    if (status === 'done') return `${head} ${theme.style.answer(words.chosen(chosen.size, count))}`;
    // Of thousands only those around the line that is active are laid out.
    const from = Math.max(0, active - pageSize);
    const page = usePagination({
      items: shown.length === 0 ? [{ heading: words.nothingFits }] : shown.slice(from, active + pageSize + 1),
      active: active - from,
      pageSize,
      loop: false,
      renderItem: ({ item, isActive }) => {
        if ('heading' in item) return ` ${item.heading}`;
        const line = `${isActive ? '❯' : ' '}${chosen.has(item.value) ? '◉' : '◯'} ${item.name}`;
        return isActive ? theme.style.highlight(line) : line;
      },
    });
    const current = shown[active];
    const about = current && 'value' in current ? current.description : undefined;
    const foot = `${words.chosen(chosen.size, count)}; ${words.keys}`;
    return [
      `${head} ${query}`,
      [page, ' ', ...(about === undefined ? [] : [about]), theme.style.help(foot)].join('\n'),
    ];
  });
}

function preset(lines: PickConfig['lines']): Set<string> {
  return new Set(lines.flatMap((line) => ('value' in line && line.checked ? [line.value] : [])));
}

/** Lines with the text in them, below their headings; all lines of a heading with it. */
function fitting(lines: PickConfig['lines'], query: string): CheckboxLine<string>[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return [...lines];
  const shown: CheckboxLine<string>[] = [];
  let heading: CheckboxLine<string> | undefined;
  let isWhole = false;
  for (const line of lines) {
    if ('heading' in line) {
      heading = line;
      isWhole = line.heading.toLowerCase().includes(wanted);
    } else if (isWhole || line.name.toLowerCase().includes(wanted)) {
      if (heading) shown.push(heading);
      heading = undefined;
      shown.push(line);
    }
  }
  return shown;
}

function toggled(chosen: ReadonlySet<string>, values: readonly string[], on: boolean): Set<string> {
  const next = new Set(chosen);
  for (const value of values) {
    if (on) next.add(value);
    else next.delete(value);
  }
  return next;
}

function firstLine(shown: PickConfig['lines']): number {
  return Math.max(
    0,
    shown.findIndex((line) => 'value' in line),
  );
}

/** Where a key leads to; undefined: it leads nowhere. */
function target(
  { name }: Pick<Library.KeypressEvent, 'name'>,
  shown: PickConfig['lines'],
  active: number,
  pageSize: number,
): number | undefined {
  if (name === 'up') return nearest(shown, active - 1, -1);
  if (name === 'down') return nearest(shown, active + 1, 1);
  if (name === 'pageup') return nearest(shown, active - pageSize, -1);
  if (name === 'pagedown') return nearest(shown, active + pageSize, 1);
  if (name === 'home') return nearest(shown, 0, 1);
  return name === 'end' ? nearest(shown, shown.length - 1, -1) : undefined;
}

/** The line at a place or next to it, in a direction first: headings cannot be chosen. */
function nearest(shown: PickConfig['lines'], place: number, step: 1 | -1): number {
  const at = Math.min(Math.max(place, 0), Math.max(0, shown.length - 1));
  for (const by of [step, -step])
    for (let index = at; index >= 0 && index < shown.length; index += by) if ('value' in shown[index]!) return index;
  return at;
}
