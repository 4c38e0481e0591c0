import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchOptions } from '../bench.ts';
import { type CorpusName, corpusNames } from './corpora.ts';
import { measureMatrix } from './matrix.ts';
import { matrixTables } from './tables.ts';
import type { Target } from './targets.ts';
import { borg, makeKeys, oaops, packagesMissing, pipeline, restic, type Tool, versionsOf } from './tools.ts';
import { withWorkFolder } from './work-folder.ts';

/** All corpora, the repositories of one of them, and one restored; an S3 server keeps its objects in memory besides. */
const roomBytes = 10 * 1024 ** 3;

/** The whole comparison on one kind of target. */
export async function compare(
  { runs = 3, scale, budgetMs, corpora, signal }: BenchOptions,
  show: (text: string) => void,
  makeTarget: (dir: string) => Promise<Target>,
  canUse: (tool: Tool) => boolean = () => true,
): Promise<void> {
  const chosen = chooseCorpora(corpora);
  await withWorkFolder(roomBytes * scale, async ({ dir, text }) => {
    const keys = await makeKeys(dir);
    const known = [oaops(keys, join(dir, 'compiled')), restic, borg, pipeline(keys)].filter(canUse);
    const tools = known.filter((tool) => packagesMissing(tool).length === 0);
    mkdirSync(join(dir, 'places'));
    const target = await makeTarget(join(dir, 'places'));
    try {
      await measureMatrix(
        { dir, target, tools, corpora: chosen, scale, rounds: runs, budgetMs, signal },
        (measured) => {
          show(`${conditions(tools, known, text)}\n\n${matrixTables(measured, tools)}`);
        },
      );
    } finally {
      await target.close();
    }
  });
}

export function chooseCorpora(wanted: readonly string[] = corpusNames): CorpusName[] {
  const unknown = wanted.filter((name) => !corpusNames.some((known) => known === name));
  if (unknown.length > 0)
    throw new Error(`there is no corpus ${unknown.join(', ')}; there are ${corpusNames.join(', ')}`);
  return corpusNames.filter((name) => wanted.includes(name));
}

/** What was compared, and what could not be. */
export function conditions(tools: readonly Tool[], known: readonly Tool[], place: string): string {
  const missing = [...new Set(known.filter((tool) => !tools.includes(tool)).flatMap(packagesMissing))];
  const left =
    missing.length === 0 ? '' : ` Not measured, because these packages are not installed: ${missing.join(', ')}.`;
  const once = tools.filter((tool) => tool.once).map(({ name }) => name);
  const firstOnly = once.length === 0 ? '' : ` In the first round only: ${once.join('; ')}.`;
  return `Beside oaops: ${tools.flatMap(versionsOf).join(', ')}. Everything ${place}.${firstOnly}${left}`;
}
