import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeLocalRollout } from '../../helpers/local-rollout.ts';
import { hasTmux, Tmux } from '../../helpers/tmux.ts';

const program = join(import.meta.dirname, '../../../bin/dev.js');

describe.skipIf(!hasTmux)('a rollout in a real terminal', { timeout: 120_000 }, () => {
  const tmux = new Tmux('rollout');
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-table-'));
    // Each call waits for its file, so that the screen can be looked at meanwhile.
    writeLocalRollout(
      dir,
      `#!/bin/sh\nuntil [ -e "go-$1" ]; do sleep 0.1; done\n[ "$1" != health-b2 ] || { echo 'error rate 7 %'; exit 1; }\n`,
      (action) => `argv: [./app, "\${{ '${action}-b' + string(batch.number) }}"]`,
      'forEach: batch.members, parallel: 2, ',
    );
  });
  afterAll(() => {
    tmux[Symbol.dispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  test('is a table of batches that tells what is under way, what was taken back, and stays at the end', async () => {
    const go = (name: string) => writeFileSync(join(dir, `go-${name}`), '');
    const env = `HOME=${dir} OAOPS_STATE_DIR=${dir}/state`;
    tmux.start('roll', 100, `cd ${dir} && ${env} ${process.execPath} ${program} patch rollout ./hotfix.yaml --yes`);
    const first = await tmux.screen('roll', /batch 1 of 3 .*enable 0\/2\n +› u10\n +u11/);
    expect(first).toMatch(/^\S batch 2 of 3 {4}5 members {2}not started$/m);
    for (const name of ['enable-b1', 'health-b1', 'enable-b2']) go(name);
    const second = await tmux.screen('roll', /batch 2 of 3 .*running {6}health 0\/1/);
    expect(second).toMatch(/^✔ batch 1 of 3 {4}2 members {2}done {9}1 gate passed$/m);
    go('health-b2');
    const back = await tmux.screen('roll', /batch 2 of 3 .*running {6}undo enable 0\/5/);
    expect(back).toMatch(/^✔ batch 1 of 3 {4}2 members {2}done/m);
    go('disable-b2');
    await tmux.screen('roll', /batch 1 of 3 .*running {6}undo enable 0\/2/);
    go('disable-b1');
    const end = await tmux.screen('roll', /rolled back after/);
    expect(end).toMatch(
      /^✔ batch 1 of 3 {4}2 members {2}undone\n✔ batch 2 of 3 {4}5 members {2}undone\n· batch 3 of 3 {4}5 members {2}not started\nrolled back after/m,
    );
  });
});
