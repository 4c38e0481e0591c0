import { formatSize } from '../../../src/core/units.ts';
import { median, spread, table } from '../figures.ts';
import type { MeasuredMatrix } from './matrix.ts';
import { type Operation, operations, type Results, type Sample } from './results.ts';
import type { Tool } from './tools.ts';

/** Wall time at most so much of restic's. */
const wallGoals: Record<Operation, number> = {
  full: 0.6,
  unchanged: 0.4,
  changed: 0.4,
  inserted: 0.4,
  verify: 0.8,
  restore: 0.8,
};
const rssGoalMib = 256;
const names: Record<Operation, string> = {
  full: 'full',
  unchanged: 'unchanged',
  changed: '1 % changed',
  inserted: '1 % inserted',
  verify: 'verify everything',
  restore: 'restore',
};
const pair = ['oaops', 'restic'] as const;

/** The tables of one target: what was worked on, time and memory, stored bytes, requests. */
export function matrixTables({ results, corpora }: MeasuredMatrix, tools: readonly Tool[]): string {
  const columns = tools.map(({ name }) => name);
  const cells = corpora.flatMap(({ corpus }) =>
    operations
      .filter((operation) => columns.some((tool) => results.of(corpus.name, operation, tool).length > 0))
      .map((operation) => ({ corpus: corpus.name, operation })),
  );
  const loads = cells.flatMap((cell) => columns.flatMap((tool) => results.of(cell.corpus, cell.operation, tool)));
  const parts = [
    `Load average before a command: ${spread(
      loads.map(({ load }) => load),
      1,
    )}.`,
    table(
      ['corpus', 'what', 'files', 'size'],
      corpora.map(({ corpus, files, bytes }) => [
        corpus.name,
        corpus.text,
        files.toLocaleString('en'),
        formatSize(bytes),
      ]),
    ),
    'Wall time in seconds, median (lowest-highest):',
    table(
      ['corpus', 'operation', ...columns, 'oaops / restic', 'goal', 'rounds'],
      cells.map(({ corpus, operation }) => {
        const ratios = results.ratios(corpus, operation, pair, ({ wallS }) => wallS);
        return [
          corpus,
          names[operation],
          ...columns.map((tool) => figure(results.of(corpus, operation, tool), ({ wallS }) => wallS, 2)),
          `**${spread(ratios, 2)}**`,
          judged(ratios, wallGoals[operation]),
          String(results.of(corpus, operation, 'oaops').length),
        ];
      }),
    ),
    'Processor time in seconds, and peak memory of one process in MiB (goal for oaops: at most 256), medians:',
    table(
      [
        'corpus',
        'operation',
        ...columns.map((tool) => `${tool}, CPU`),
        ...columns.map((tool) => `${tool}, MiB`),
        'goal',
      ],
      cells.map(({ corpus, operation }) => {
        const rss = results.of(corpus, operation, 'oaops').map(({ rssMib }) => rssMib);
        return [
          corpus,
          names[operation],
          ...columns.map((tool) => middle(results.of(corpus, operation, tool), ({ cpuS }) => cpuS, 1)),
          ...columns.map((tool) => middle(results.of(corpus, operation, tool), ({ rssMib }) => rssMib, 0)),
          rss.length === 0 ? '' : median(rss) <= rssGoalMib ? 'met' : 'missed',
        ];
      }),
    ),
    'Stored MiB after the operation:',
    storedTable(results, cells, columns),
  ];
  if (loads.some(({ requests }) => requests)) {
    parts.push('Requests, by the access log of the server:', requestTable(results, cells, columns));
  }
  if (results.failures.length > 0) parts.push(`Failed: ${results.failures.join('; ')}.`);
  return parts.join('\n\n');
}

type Cell = { corpus: string; operation: Operation };

function storedTable(results: Results, cells: readonly Cell[], columns: readonly string[]): string {
  const storing = cells.filter(({ operation }) => !['unchanged', 'verify', 'restore'].includes(operation));
  return table(
    ['corpus', 'operation', ...columns, 'oaops / restic', 'goal'],
    storing.map(({ corpus, operation }) => {
      const ratios = results.ratios(corpus, operation, pair, ({ storedBytes = Number.NaN }) => storedBytes);
      return [
        corpus,
        names[operation],
        ...columns.map((tool) =>
          middle(results.of(corpus, operation, tool), (of) => (of.storedBytes ?? 0) / 1024 ** 2, 1),
        ),
        `**${spread(ratios, 3)}**`,
        // The goal is for trees of files.
        corpus === 'dump' ? '' : judged(ratios, 1),
      ];
    }),
  );
}

function requestTable(results: Results, cells: readonly Cell[], columns: readonly string[]): string {
  return table(
    ['corpus', 'operation', ...columns],
    cells.map(({ corpus, operation }) => [
      corpus,
      names[operation],
      ...columns.map((tool) => requestsText(results.of(corpus, operation, tool).at(-1))),
    ]),
  );
}

function requestsText(sample: Sample | undefined): string {
  if (sample?.requests === undefined) return '';
  const byMethod = Object.entries(sample.requests).sort(([a], [b]) => (a < b ? -1 : 1));
  const total = byMethod.reduce((sum, [, count]) => sum + count, 0);
  return `${total}: ${byMethod.map(([method, count]) => `${count} ${method}`).join(', ')}`;
}

function judged(ratios: readonly number[], goal: number): string {
  if (ratios.length === 0) return `${goal}`;
  return `${goal}: ${median(ratios) <= goal ? 'met' : 'missed'}`;
}

function figure(samples: readonly Sample[], of: (sample: Sample) => number, digits: number): string {
  return spread(samples.map(of), digits);
}

function middle(samples: readonly Sample[], of: (sample: Sample) => number, digits: number): string {
  return samples.length === 0 ? '' : median(samples.map(of)).toFixed(digits);
}
