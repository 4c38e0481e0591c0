import { join } from 'node:path';
import { table } from '../figures.ts';
import { type Corpus, makeCorpus } from './corpora.ts';
import { note } from './matrix.ts';
import { type Command, type Measured, measure } from './measure.ts';
import type { Place, Target } from './targets.ts';
import type { Tool } from './tools.ts';

const kept = 7;

/** What became of the repository of one tool. Wall times in seconds. */
interface Course {
  tool: Tool;
  place: Place;
  backupS: number;
  /** Bytes after the first backup, after the last, after the prune. */
  stored: number[];
  prune: Measured[];
  failure?: string;
}

export interface Churn {
  dir: string;
  /** Number of backups. */
  days: number;
  target: Target;
  tools: readonly Tool[];
  signal: AbortSignal;
}

/** Backups of a corpus of which one per cent changes each time, tools in turns, and a prune to the newest seven. */
export async function measureChurn(churn: Churn, corpusName: Corpus['name'], scale: number): Promise<string> {
  const corpus = makeCorpus(corpusName, join(churn.dir, corpusName), scale);
  const { days } = churn;
  const courses: Course[] = [];
  try {
    for (const tool of churn.tools) {
      const place = await churn.target.newPlace(`${corpusName}-${tool.name.replace(/\W+/g, '-')}`);
      courses.push({ tool, place, backupS: 0, stored: [], prune: [] });
    }
    for (const course of courses) {
      await attempt(churn, course, async (run) => {
        if (course.tool.init) await run(course.tool.init(course.place));
      });
    }
    for (let day = 0; day < days; day++) {
      if (day > 0) corpus.changes[0]!.make(`day ${day}`);
      for (const course of courses) {
        await attempt(churn, course, async (run) => {
          course.backupS += (await run(course.tool.backup(course.place, corpus.root, `day-${day}`))).wallS;
          if (day === 0 || day === days - 1) course.stored.push(await course.place.storedBytes());
        });
      }
    }
    note(`${corpusName}: ${days} backups made`);
    for (const course of courses) {
      await attempt(churn, course, async (run) => {
        for (const command of course.tool.prune!(course.place, kept)) course.prune.push(await run(command));
        course.stored.push(await course.place.storedBytes());
      });
    }
    return churnTable(corpus, courses, days);
  } finally {
    for (const { place } of courses) await place.remove();
  }
}

async function attempt(
  { signal }: Churn,
  course: Course,
  work: (run: (command: Command) => Promise<Measured>) => Promise<void>,
): Promise<void> {
  if (course.failure !== undefined) return;
  const { place, tool } = course;
  const env = { ...place.env, ...tool.env };
  try {
    await work((command) => measure(command, { env, report: join(place.home, 'time'), signal }));
  } catch (error) {
    signal.throwIfAborted();
    course.failure = (error as Error).message;
    note(`FAILED ${tool.name}: ${course.failure}`);
  }
}

function churnTable(corpus: Corpus, courses: readonly Course[], days: number): string {
  const mib = (bytes: number | undefined) => (bytes === undefined ? '' : (bytes / 1024 ** 2).toFixed(1));
  const ratio = (index: number, { stored }: Course) => {
    const [mine, others] = [stored[index], courses.find(({ tool }) => tool.name === 'restic')?.stored[index]];
    return mine === undefined || others === undefined ? '' : (mine / others).toFixed(2);
  };
  const rows = courses.map((course) => [
    course.tool.name,
    ...[0, 1, 2].map((index) => mib(course.stored[index])),
    ratio(1, course),
    ratio(2, course),
    course.backupS.toFixed(1),
    course.prune.reduce((sum, { wallS }) => sum + wallS, 0).toFixed(1),
    course.failure ?? '',
  ]);
  const head = [
    corpus.name,
    'MiB after 1',
    `after ${days}`,
    `after the prune to ${kept}`,
    `of restic's after ${days}`,
    'after the prune',
    `all ${days} backups, s`,
    'prune, s',
    'failed',
  ];
  return table(head, rows);
}
