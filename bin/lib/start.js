import { existsSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { watchLifeline } from './hand-over.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Starts oaops from the built files (`production`) or natively from the sources (`development`). */
export async function start(mode) {
  await watchLifeline();
  const [base, extension] = mode === 'production' ? [join(root, 'dist'), 'js'] : [root, 'ts'];
  if (!existsSync(join(base, `src/cli/main.${extension}`))) {
    process.stderr.write('oaops: this source tree has not been built\nRun "npm run build" first.\n');
    process.exitCode = 1;
    return;
  }
  supplyAccount();
  const { cacheDir } = await import(join(base, `src/core/paths.${extension}`));
  const place = { env: process.env, uid: process.geteuid?.() ?? -1, home: homedir() };
  // Before the first import of anything big. A folder that cannot be made only means a slower start. It is made here, for
  // nobody but its owner: it may lie in the state folder. What Node.js makes below it would be readable by everybody.
  try {
    makeFolder(join(cacheDir(place), 'compile'));
    const mask = process.umask(0o077);
    enableCompileCache(join(cacheDir(place), 'compile'));
    process.umask(mask);
  } catch {
    // The command itself says so when it needs the folder.
  }
  const { main } = await import(join(base, `src/cli/main.${extension}`));
  await main({ root, argv: process.argv.slice(2), mode });
}

/** As src/core/private-dir.ts, which says why `recursive` is not used. */
function makeFolder(dir) {
  try {
    mkdirSync(dir, 0o700);
  } catch (error) {
    if (error.code !== 'ENOENT' || existsSync(dirname(dir))) {
      if (error.code !== 'EEXIST') throw error;
      return;
    }
    makeFolder(dirname(dir));
    mkdirSync(dir, 0o700);
  }
}

/** A user id without an account, as containers use them, has no home and no shell; the framework asks for both and would fail. */
function supplyAccount() {
  try {
    userInfo();
  } catch {
    process.env.HOME ||= '/';
    process.env.SHELL ||= '/bin/sh';
  }
}
