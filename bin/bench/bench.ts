import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { formatSize } from '../../src/core/units.ts';

/** One line of the table: what was measured, the middle value, and the spread. */
export interface Figure {
  name: string;
  median: string;
  /** Lowest and highest. */
  range: string;
  /** What the figure is compared with, or says. */
  note: string;
}

/** A file `*.bench.ts` beside this one; each makes its own section. */
export interface Bench {
  title: string;
  /** Rounds that are enough where one takes long. */
  maxRuns?: number;
  /** `missing`: what it would compare with and is not installed here. */
  run(options: { runs: number }): Promise<{ figures: Figure[]; missing?: string[] }>;
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '15' },
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const names = readdirSync(import.meta.dirname).filter(
  (name) => name.endsWith('.bench.ts') && (!values.only || name.startsWith(values.only)),
);
if (names.length === 0) {
  process.stderr.write(`there is no bench "${values.only}"\n`);
  process.exit(2);
}
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${formatSize(totalmem())}, Linux ${release()}, Node.js ${process.versions.node}`;
const runs = Number(values.runs);

for (const name of names.sort()) {
  const { bench } = (await import(`./${name}`)) as { bench: Bench };
  process.stderr.write(`${bench.title} ...\n`);
  const { figures, missing = [] } = await bench.run({ runs });
  const rows = figures.map((figure) => `| ${figure.name} | ${figure.median} | ${figure.range} | ${figure.note} |`);
  const left = missing.length === 0 ? '' : ` Not installed, so not measured: ${missing.join(', ')}.`;
  const section = [
    `### ${bench.title}`,
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${machine}. ${Math.min(runs, bench.maxRuns ?? runs)} runs each.${left}`,
    '',
    '| what | median | range | note |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  process.stdout.write(`${section}\n`);
  if (values.write) replaceSection(name.slice(0, -'.bench.ts'.length), section);
}

/** Writes what lies between the marks of this bench in docs/benchmarks.md; what is written by hand lies outside of them. */
function replaceSection(name: string, section: string): void {
  const file = new URL('../../docs/benchmarks.md', import.meta.url);
  const [begin, end] = [`<!-- figures ${name}: begin -->`, `<!-- figures ${name}: end -->`];
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`docs/benchmarks.md has no place for the figures: ${begin} ... ${end}`);
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n${section}${text.slice(to)}`);
}
