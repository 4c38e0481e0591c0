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
  run(options: { runs: number }): Promise<Figure[]>;
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
const sections: string[] = [];

for (const name of names.sort()) {
  const { bench } = (await import(`./${name}`)) as { bench: Bench };
  process.stderr.write(`${bench.title} ...\n`);
  const figures = await bench.run({ runs: Number(values.runs) });
  const rows = figures.map((figure) => `| ${figure.name} | ${figure.median} | ${figure.range} | ${figure.note} |`);
  sections.push(
    [`### ${bench.title}`, '', '| what | median | range | note |', '|---|---|---|---|', ...rows].join('\n'),
  );
}

const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${formatSize(totalmem())}, Linux ${release()}, Node.js ${process.versions.node}`;
const report = `Measured on ${new Date().toISOString().slice(0, 10)}: ${machine}. ${values.runs} runs each.\n\n${sections.join('\n\n')}\n`;
process.stdout.write(report);

if (values.write) {
  const file = new URL('../../docs/benchmarks.md', import.meta.url);
  const [begin, end] = ['<!-- figures: begin -->', '<!-- figures: end -->'];
  const text = readFileSync(file, 'utf8');
  const [before, after] = [text.slice(0, text.indexOf(begin) + begin.length), text.slice(text.indexOf(end))];
  writeFileSync(file, `${before}\n${report}${after}`);
}
