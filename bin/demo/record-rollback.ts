import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../test/helpers/eventually.ts';
import { siteMissing, startSite, writeHotfix } from '../../test/helpers/oa-site.ts';
import { hasTmux, Tmux } from '../../test/helpers/tmux.ts';

/**
 * `node bin/demo/record-rollback.ts`: makes docs/rollout-rollback.md anew, a recording of a real terminal (tmux, 100 columns) while a bad patch is rolled out
 * and taken back. The servers are those of `npm run demo:rollout`.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const missing = hasTmux ? siteMissing() : 'install tmux';
if (missing !== undefined) {
  process.stderr.write(`record-rollback: ${missing}\n`);
  process.exit(1);
}

/** A batch may take longer than a screen is waited for. */
async function patiently(look: () => Promise<string>): Promise<string> {
  for (let turn = 1; ; turn += 1) {
    try {
      return await look();
    } catch (error) {
      if (turn === 30) throw error;
    }
  }
}

const site = await startSite(1203);
try {
  writeHotfix(site);
  mkdirSync(join(site.dir, 'bin'));
  const oaops = join(site.dir, 'bin/oaops');
  writeFileSync(oaops, `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin/dev.js')}' "$@"\n`);
  chmodSync(oaops, 0o755);
  using tmux = new Tmux('record');
  tmux.start(
    'rollback',
    100,
    `cd '${site.dir}'; export NO_COLOR=1 HOME='${site.dir}' OAOPS_STATE_DIR='${site.env['OAOPS_STATE_DIR']}' PATH='${site.dir}/bin:'$PATH PS1='$ '; exec sh`,
  );
  await tmux.screen('rollback', /^\$/m);
  const type = (text: string) => tmux.type('rollback', text, 'Enter');
  const frames: [string, string][] = [];
  type('oaops patch rollout ./hotfix.yaml -i package=bad.pkg --yes');
  const enabled = () => site.hosts.map((host) => host.enabled().length);
  for (const [title, there] of [
    ['Batch 1 has the new version.', () => enabled().every((count) => count === 5)],
    ['Batch 2 has it.', () => enabled().every((count) => count === 55)],
    [
      'Batch 3 has it: more than a hundred people are too many for this version.',
      () => enabled().every((count) => count === 555),
    ],
    ['The gate said no, and everything is being taken back.', () => enabled().some((count) => count < 555)],
  ] as const) {
    await eventually(there, 300_000);
    frames.push([title, await tmux.screen('rollback', /batch/)]);
  }
  await patiently(() => tmux.everything('rollback', /is taken back(.*\n)*\$\s*$/));
  type('oaops patch status');
  frames.push([
    'All of it, to the end.',
    await patiently(() => tmux.everything('rollback', /batch {3}5 .*\n(.*\n)*\$/)),
  ]);
  const blocks = frames.map(
    ([title, screen]) => `${title}\n\n\`\`\`text\n${screen.replaceAll(site.dir, '/home/operator')}\n\`\`\`\n`,
  );
  writeFileSync(
    join(root, 'docs/rollout-rollback.md'),
    `# A rollback, as the terminal shows it

Recorded from a real terminal of 100 columns by \`node bin/demo/record-rollback.ts\`: 1,203 people in OpenLDAP, three hosts with sshd and nginx, and a patch
that makes the application die as soon as more than a hundred people have it. How long things take is that machine's. [rollout.md](rollout.md) explains what happens.

${blocks.join('\n')}`,
  );
  console.log('written: docs/rollout-rollback.md');
} finally {
  await site.stop();
}
