import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { note } from './backup/matrix.ts';
import { type Command, type Measured, measure } from './backup/measure.ts';
import { directoryTarget } from './backup/targets.ts';
import { makeKeys, oaops } from './backup/tools.ts';
import { withWorkFolder } from './backup/work-folder.ts';
import type { Bench } from './bench.ts';
import { table } from './figures.ts';

const counts = [10_000, 100_000, 1_000_000];
const goalMib = 256;
/** A page and an inode in the source, the same in the restored tree. */
const bytesPerFile = 11_000;

/** Peak memory of oaops by number of files: it is to be flat. */
export const bench: Bench = {
  title: 'Memory by number of files',
  async run({ scale, signal }, show) {
    await withWorkFolder(counts.at(-1)! * bytesPerFile * scale, async ({ dir, text }) => {
      const keys = await makeKeys(dir);
      const tool = oaops(keys, join(dir, 'compiled'));
      const rows: string[][] = [];
      for (const count of counts.map((full) => Math.round(full * scale))) {
        note(`${count} files`);
        const source = join(dir, 'source');
        makeTinyFiles(source, count);
        const place = await directoryTarget(dir).newPlace('place');
        const restored = join(dir, 'restored');
        mkdirSync(restored);
        const env = { ...place.env, ...tool.env };
        const run = (command: Command) => measure(command, { env, report: join(place.home, 'time'), signal });
        await run(tool.init!(place));
        const measured: Measured[] = [];
        for (const command of [
          tool.backup(place, source, ''),
          tool.backup(place, source, ''),
          tool.verify!(place),
          tool.restore(place, '', restored),
        ]) {
          measured.push(await run(command));
          note(`${count} files: ${figure(measured.at(-1)!)}`);
        }
        const peak = Math.max(...measured.map(({ rssMib }) => rssMib));
        rows.push([count.toLocaleString('en'), ...measured.map(figure), peak <= goalMib ? 'met' : 'missed']);
        for (const folder of [source, restored]) rmSync(folder, { recursive: true });
        await place.remove();
        const head = ['files', 'full', 'unchanged', 'verify everything', 'restore', `at most ${goalMib} MiB`];
        show(
          `Files of a few bytes, everything ${text}; peak memory and wall time, one run each.\n\n${table(head, rows)}`,
        );
      }
    });
  },
};

function figure({ rssMib, wallS }: Measured): string {
  return `${Math.round(rssMib)} MiB, ${wallS.toFixed(1)} s`;
}

/** A thousand to a folder. */
function makeTinyFiles(root: string, count: number): void {
  for (let n = 0; n < count; n++) {
    const folder = join(root, String(Math.floor(n / 1000)));
    if (n % 1000 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${n}.txt`), `document ${n}\n`);
  }
}
