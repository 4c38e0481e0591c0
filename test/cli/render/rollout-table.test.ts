import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTmux, Tmux } from '../../helpers/tmux.ts';

const program = join(import.meta.dirname, '../../../bin/dev.js');

describe.skipIf(!hasTmux)('a rollout in a real terminal', { timeout: 120_000 }, () => {
  const tmux = new Tmux('rollout');
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'oaops-table-'));
    // Each call waits for its file, so that the screen can be looked at meanwhile.
    writeFileSync(
      join(dir, 'app'),
      `#!/bin/sh\nuntil [ -e "go-$1" ]; do sleep 0.1; done\n[ "$1" != health-b2 ] || { echo 'error rate 7 %'; exit 1; }\n`,
    );
    chmodSync(join(dir, 'app'), 0o755);
    writeFileSync(join(dir, 'users.csv'), `login\n${Array.from({ length: 12 }, (_, i) => `u${i + 10}`).join('\n')}\n`);
    const call = (id: string) => `{argv: [./app, "\${{ '${id}-b' + string(batch.number) }}"], cwd: ${dir}}`;
    writeFileSync(
      join(dir, 'hotfix.yaml'),
      `apiVersion: oaops/v1
kind: Rollout
metadata: {name: oa-hotfix, version: 1.4.0, title: Hotfix, owner: tests, procedures: [UP-06]}
spec:
  population: {from: csv, file: users.csv, id: login}
  batches: {sizes: [2, 5]}
  steps:
    - id: enable
      uses: exec
      forEach: batch.members
      parallel: 2
      with: ${call('enable')}
      undo: {uses: exec, with: ${call('disable')}}
  gates:
    - {id: health, uses: exec, with: ${call('health')}}
`,
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
