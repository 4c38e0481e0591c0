import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { formatSize } from '../../src/core/units.ts';

export interface BenchOptions {
  /** How often each thing is measured; each bench has its own default. */
  runs?: number;
  /** Size of what is worked on, as a share of the full size. */
  scale: number;
  /** No further round is begun that would probably end after this time. */
  budgetMs: number;
  /** Names of the corpora to work on; all when not given. */
  corpora?: readonly string[];
  /** Aborted by SIGINT and SIGTERM: end what was started, clean up. */
  signal: AbortSignal;
}

/** A file `*.bench.ts` beside this one; each makes its own section of docs/benchmarks.md. */
export interface Bench {
  title: string;
  /** Hands over the text of its section, again whenever there is more of it, so that a run that is cut short leaves what it has. */
  run(options: BenchOptions, show: (text: string) => void): Promise<void>;
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string' },
    scale: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
    corpus: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const wanted = values.only?.split(',');
const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.bench.ts') && (wanted?.some((start) => name.startsWith(start)) ?? true))
  .sort();
if (names.length === 0) {
  process.stderr.write(`there is no bench "${values.only}"\n`);
  process.exit(2);
}
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${formatSize(totalmem())}, Linux ${release()}, Node.js ${process.versions.node}`;
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
const options: BenchOptions = {
  ...(values.runs === undefined ? {} : { runs: Number(values.runs) }),
  scale: Number(values.scale),
  budgetMs: Number(values.minutes) * 60_000,
  ...(values.corpus === undefined ? {} : { corpora: values.corpus.split(',') }),
  signal: stopping.signal,
};

for (const name of names) {
  const { bench } = (await import(`./${name}`)) as { bench: Bench };
  process.stderr.write(`${bench.title} ...\n`);
  const when = `Measured on ${new Date().toISOString().slice(0, 10)}: ${machine}, load average ${loadavg()[0]!.toFixed(1)} before it.`;
  const size = options.scale === 1 ? '' : ` Only a try: corpora at ${options.scale} of their size.`;
  let section = '';
  try {
    await bench.run(options, (text) => {
      section = [`### ${bench.title}`, '', `${when}${size}`, '', text, ''].join('\n');
      if (values.write) replaceSection(name.slice(0, -'.bench.ts'.length), section);
    });
  } catch (error) {
    // The others are measured all the same.
    process.stderr.write(`bench ${name} failed: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
  process.stdout.write(`${section}\n`);
  if (stopping.signal.aborted) break;
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
