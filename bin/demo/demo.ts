import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeSampleSite } from './site.ts';

/**
 * `npm run demo`: the main job on the embedded default, with the sources as they are (a build takes longer than the whole demo). It makes a sample OA site,
 * an encrypted repository with a local and an off-site leg, runs the shipped `backup-daily`, verifies, runs the shipped `restore-drill`,
 * and then proves that the drill can fail. Everything lies in `.demo/`; each call begins anew.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const demo = join(root, '.demo');
const site = join(demo, 'site');
const program = join(root, 'bin/dev.js');
const color = process.stdout.isTTY === true && !process.env['NO_COLOR'];
const env = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: demo,
  TERM: process.env['TERM'] ?? 'dumb',
  LANG: process.env['LANG'] ?? 'C.UTF-8',
  OAOPS_STATE_DIR: join(demo, 'state'),
  OAOPS_CONFIG: join(demo, 'config.yaml'),
  ...(color ? {} : { NO_COLOR: '1' }),
};

/** Shows a command as a user would type it, runs it, and ends the demo when it ends in another way than expected. */
function oaops(args: string[], expected = 0): void {
  process.stdout.write(`\n$ oaops ${args.map((arg) => arg.replace(`${root}`, '')).join(' ')}\n`);
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env, cwd: root });
  if (status === expected) return;
  process.stderr.write(`demo: the command ended with ${status}, expected ${expected}\n`);
  process.exit(1);
}

function recipientOf(keyFile: string): string {
  return /age1[0-9a-z]+/.exec(readFileSync(keyFile, 'utf8'))![0];
}

rmSync(demo, { recursive: true, force: true });
mkdirSync(demo, { recursive: true, mode: 0o700 });
const { files, bytes } = makeSampleSite(site);
console.log(`A sample OA site with ${files} files (${(bytes / 2 ** 20).toFixed(1)} MiB) lies in .demo/site.`);

const [operations, recovery] = [join(demo, 'operations.key'), join(demo, 'recovery.key')];
oaops(['backup', 'key', 'generate', operations]);
oaops(['backup', 'key', 'generate', recovery]);
writeFileSync(
  join(demo, 'config.yaml'),
  `repositories:
  main:
    legs:
      - { name: local, location: ${join(demo, 'backup/local')} }
      - { name: off-site, location: ${join(demo, 'backup/off-site')} }
    identityFile: ${operations}
`,
  { mode: 0o600 },
);
oaops([
  'backup',
  'init',
  '--repo',
  'main',
  '--recipient',
  recipientOf(operations),
  '--recipient',
  recipientOf(recovery),
]);
oaops(['run', 'backup-daily', '-i', `source=${site}`]);
oaops(['backup', 'list', '--repo', 'main']);
oaops(['backup', 'verify', '--repo', 'main', '--level', 'full']);
oaops(['drill', 'run', 'restore-drill']);

const evidence = join(demo, 'restore-drill-evidence.tar');
oaops(['runs', 'evidence', 'latest', '--out', evidence]);
oaops(['evidence', 'verify', evidence]);
console.log(
  '\nA drill counts only if it could also have failed: the same drill with one bit flipped in what it reads.',
);
oaops(['drill', 'run', 'restore-drill', '--sabotage', 'flipped-bit'], 9);
oaops(['drill', 'history']);

console.log(`
Done. Repository: .demo/backup/local and .demo/backup/off-site (encrypted). Evidence of the drill: .demo/restore-drill-evidence.tar
Restore by hand:  OAOPS_CONFIG=.demo/config.yaml ./bin/dev.js backup restore latest --repo main --target /tmp/restored`);
