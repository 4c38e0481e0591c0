import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { measureChurn } from './backup/churn.ts';
import { chooseCorpora, conditions } from './backup/compare.ts';
import { directoryTarget } from './backup/targets.ts';
import { borg, makeKeys, oaops, packagesMissing, restic } from './backup/tools.ts';
import { withWorkFolder } from './backup/work-folder.ts';
import type { Bench } from './bench.ts';

/** Thirty rounds of the full corpora would take hours; shares do not depend on the size. */
const scales = { usr: 0.1, small: 0.1, dump: 1 / 16, media: 0.1 };

/** What thirty backups at one per cent of change cost in storage, before and after a prune. */
export const bench: Bench = {
  title: 'Storage after 30 backups with 1 % changed each time',
  async run({ scale, corpora = ['small', 'dump'], signal }, show) {
    const chosen = chooseCorpora(corpora);
    // A quick try needs no month.
    const days = scale < 0.2 ? 3 : 30;
    await withWorkFolder(2 * 1024 ** 3 * scale, async ({ dir, text }) => {
      const keys = await makeKeys(dir);
      const compiled = join(dir, 'compiled');
      const refreshing = oaops(keys, compiled, 'oaops, refresh below 50 %', ['--refresh-below', '50']);
      const known = [oaops(keys, compiled), refreshing, restic, borg];
      const tools = known
        .filter((tool) => packagesMissing(tool).length === 0)
        .map((tool) => ({ ...tool, once: false }));
      mkdirSync(join(dir, 'places'));
      const target = directoryTarget(join(dir, 'places'));
      const parts = [conditions(tools, known, text)];
      for (const name of chosen) {
        parts.push(await measureChurn({ dir, days, target, tools, signal }, name, scales[name] * scale));
        show(parts.join('\n\n'));
      }
    });
  },
};
