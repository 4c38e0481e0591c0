import { parseRange } from '../judging/range.ts';
import type { Measure } from '../types.ts';

/** What a monitoring plugin printed (Monitoring Plugins Development Guidelines, "Plugin Output for Nagios"). */
export interface PluginOutput {
  /** The first line, without performance data. */
  text: string;
  long: string[];
  measures: Measure[];
  /** Parts of the performance data that are none. */
  odd: string[];
}

/** Factors into the unit that measures have; other units are kept out of the figure. */
const units: Readonly<Record<string, [Measure['unit'], number]>> = {
  '': ['', 1],
  '%': ['%', 1],
  c: ['c', 1],
  s: ['s', 1],
  ms: ['s', 1e-3],
  us: ['s', 1e-6],
  ns: ['s', 1e-9],
  B: ['B', 1],
  KB: ['B', 1024],
  MB: ['B', 1024 ** 2],
  GB: ['B', 1024 ** 3],
  TB: ['B', 1024 ** 4],
  KiB: ['B', 1024],
  MiB: ['B', 1024 ** 2],
  GiB: ['B', 1024 ** 3],
  TiB: ['B', 1024 ** 4],
};

/**
 * Text before a `|` of the first line, performance data behind it; more lines are long text, until one with a `|`, behind which all is performance
 * data again.
 */
export function readPluginOutput(lines: readonly string[]): PluginOutput {
  const [first = '', ...rest] = lines;
  const [text, data] = cutAt(first);
  const long: string[] = [];
  const more: string[] = [];
  let inData = false;
  for (const line of rest) {
    if (inData) {
      more.push(line);
      continue;
    }
    const [before, after] = cutAt(line);
    if (before !== '') long.push(before);
    if (after !== undefined) {
      more.push(after);
      inData = true;
    }
  }
  return { text, long, ...readPerformanceData([data ?? '', ...more].join(' ')) };
}

function cutAt(line: string): [string, string | undefined] {
  const at = line.indexOf('|');
  return at < 0 ? [line.trim(), undefined] : [line.slice(0, at).trim(), line.slice(at + 1)];
}

/** `'label'=value[UOM];[warn];[crit];[min];[max]`, parted by blanks; a quote in a quoted label is doubled, and `U` is a value that is not known. */
function readPerformanceData(text: string): { measures: Measure[]; odd: string[] } {
  const measures: Measure[] = [];
  const odd: string[] = [];
  for (const part of partsOf(text)) {
    const quoted = part.startsWith("'");
    const end = quoted ? part.lastIndexOf("'=") + 1 : part.indexOf('=');
    const label = quoted ? part.slice(1, end - 1).replaceAll("''", "'") : part.slice(0, end);
    const measure = end > 0 && label !== '' ? measureOf(label, part.slice(end + 1)) : undefined;
    if (measure === undefined) odd.push(part);
    else if (measure !== 'unknown') measures.push(measure);
  }
  return { measures, odd };
}

/** Parted at blanks that stand in no quoted label. What a plugin prints is walked through once, however it is quoted. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  for (const sign of text) {
    if (sign === "'") quoted = !quoted;
    if (!quoted && /\s/.test(sign)) {
      if (part !== '') parts.push(part);
      part = '';
    } else part += sign;
  }
  return part === '' ? parts : [...parts, part];
}

function measureOf(name: string, text: string): Measure | 'unknown' | undefined {
  const [figure = '', warn = '', fail = '', min = '', max = ''] = text.split(';');
  if (figure === 'U') return 'unknown';
  // Locales of some plugins write a comma.
  const match = /^([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?)([A-Za-z%°µ]*)$/.exec(figure);
  if (!match) return undefined;
  const [unit, factor] = units[match[2]!] ?? ['', 1];
  const range = (written: string) => scaled(written.replaceAll(',', '.'), factor);
  const bound = (written: string) => {
    const value = number(written);
    return value === undefined ? undefined : tidy(value * factor);
  };
  return {
    name,
    value: tidy(number(match[1]!)! * factor),
    unit,
    ...given('warn', range(warn)),
    ...given('fail', range(fail)),
    ...given('min', bound(min)),
    ...given('max', bound(max)),
  };
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

function number(text: string): number | undefined {
  if (text.trim() === '') return undefined;
  const value = Number(text.replace(',', '.').replace(/\.$/, ''));
  return Number.isFinite(value) ? value : undefined;
}

/** Without the dust of binary fractions: 12 ms are 0.012 s. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

function scaled(range: string, factor: number): string | undefined {
  if (parseRange(range) === undefined) return undefined;
  return range.trim().replace(/[+-]?(?:\d+(?:\.\d+)?|\.\d+)/g, (figure) => String(tidy(Number(figure) * factor)));
}
