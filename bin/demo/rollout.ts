import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../test/helpers/eventually.ts';
import { countsOf, type OaSite, siteMissing, startSite, writeHotfix } from '../../test/helpers/oa-site.ts';

/**
 * `npm run demo:rollout`: the real case of a rollout, on servers of its own on loopback: 1,203 people in an OpenLDAP directory, and an application
 * that nginx serves on three hosts behind sshd. A bad patch trips the gate in batch 3 and everything goes back; the good one goes through, although
 * oaops is killed in batch 2. It ends with a verdict, and leaves nothing behind.
 */
const program = fileURLToPath(new URL('../dev.js', import.meta.url));
const people = 1203;
const color = process.stdout.isTTY === true && !process.env['NO_COLOR'];

const missing = siteMissing();
if (missing !== undefined) {
  process.stderr.write(`demo: it needs an OpenLDAP server, sshd and nginx on this machine; ${missing}\n`);
  process.exit(1);
}

/** The demo's only ways to end badly; what was started is stopped all the same. */
class Unexpected extends Error {}

function claim(holds: boolean, what: string): void {
  if (!holds) throw new Unexpected(`not so: ${what}`);
  console.log(`  ${what}`);
}

function demo(site: OaSite): {
  show(args: string[], expected: number): void;
  start(args: string[]): ReturnType<typeof spawn>;
} {
  const options = {
    cwd: site.dir,
    env: { ...site.env, LANG: process.env['LANG'] ?? 'C.UTF-8', ...(color ? {} : { NO_COLOR: '1' }) },
  };
  const tell = (args: string[]) => console.log(`\n$ oaops ${args.join(' ')}`);
  return {
    show: (args, expected) => {
      tell(args);
      const { status } = spawnSync(process.execPath, [program, ...args], {
        ...options,
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      if (status !== expected) throw new Unexpected(`the command ended with ${status}, expected ${expected}`);
    },
    start: (args) => {
      tell(args);
      return spawn(process.execPath, [program, ...args], { ...options, stdio: 'ignore' });
    },
  };
}

const rollout = (name: string) => ['patch', 'rollout', './hotfix.yaml', '-i', `package=${name}`, '--yes', '--quiet'];

async function play(site: OaSite): Promise<void> {
  writeHotfix(site);
  const { show, start } = demo(site);
  show(['patch', 'plan', './hotfix.yaml', '-i', 'package=bad.pkg', '--out', 'plan.json', '--quiet'], 0);
  const plan = JSON.parse(readFileSync(join(site.dir, 'plan.json'), 'utf8')) as { batches: { members: unknown[] }[] };
  const sizes = plan.batches.map(({ members }) => members.length).join(', ');
  claim(sizes === '5, 50, 500, 500, 148', `the plan names every one of ${people} users, in batches of ${sizes}`);

  console.log('\nA bad patch: the application dies as soon as more than a hundred users have it.');
  show(rollout('bad.pkg'), 5);
  show(['patch', 'status'], 0);
  claim(
    site.hosts.every((host) => host.applied().length === 555 && host.enabled().length === 0),
    'on each host 555 users had it for a moment, and nobody has it now',
  );
  for (const host of site.hosts) host.forget();

  console.log('\nThe good one, killed with kill -9 while batch 2 is under way:');
  for (const host of site.hosts) host.hold(50);
  const killed = start(rollout('good.pkg'));
  const ended = new Promise((resolve) => killed.once('exit', resolve));
  await eventually(() => site.hosts.every((host) => host.isHeld()), 300_000);
  killed.kill('SIGKILL');
  await ended;
  show(['patch', 'status'], 0);
  for (const host of site.hosts) host.release();
  show(['patch', 'resume', 'latest', '--quiet'], 0);
  show(['patch', 'status'], 0);
  claim(
    site.hosts.every((host) => {
      const counts = countsOf(host);
      return counts.size === people && [...counts.values()].every((count) => count === 1);
    }),
    `on each host ${people} users have it, and each was given it exactly once`,
  );
  for (const host of site.hosts) {
    await eventually(async () => (await host.versionOf('user999')) === '2.0');
    const served = (await host.served(countsOf(host).keys())).get('2.0');
    claim(served === people, `nginx of ${host.name} gives the new version to ${served} users`);
  }
}

// Ctrl-C reaches the command under way too: it ends in an unexpected way, and everything is cleaned up.
process.on('SIGINT', () => undefined);
console.log(`Starting a directory with ${people} people, and three hosts with sshd and nginx.`);
const site = await startSite(people);
try {
  await play(site);
  console.log(
    '\nVerdict: passed. The bad patch was taken back by itself; the good one reached everybody exactly once.',
  );
} catch (error) {
  process.exitCode = 1;
  console.log(`\nVerdict: FAILED. ${error instanceof Error ? error.message : String(error)}`);
} finally {
  await site.stop();
}
