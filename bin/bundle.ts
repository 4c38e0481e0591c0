import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputChunk, rolldown } from 'rolldown';
import { chunks, contentsFile, installBuild } from './lib/install-build.ts';

/**
 * `dist/`, from the sources and the packages they use: what is loaded together lies in one file. Node.js needs half a
 * millisecond to find, open and link each module, and a backup would load over a thousand of them. Types are not checked
 * here; `npm run check` does that.
 */
const root = fileURLToPath(new URL('../', import.meta.url));
const dist = join(root, 'dist');

/** Whatever is loaded by its path and so has to be a file at this path, below dist/. */
const entries = [
  // By oclif, which takes the names of commands from the paths.
  ...globSync('commands/**/*.ts', { cwd: root }),
  'src/cli/help.ts',
  // By bin/lib/start.js.
  'src/core/paths.ts',
  'src/cli/main.ts',
];

/**
 * Loaded by its path too, but late: a program that runs while it is built anew has to start the threads of its own build. So
 * they have a hash in their names, which threadFile() in src/core/program-files.ts gets to know.
 */
const threads = ['src/backup/create/pack-thread.ts', 'src/backup/restore/worker.ts'];

/** Packages that stay in node_modules. */
const external = [
  // Look for a compiled part and other files of theirs beside themselves.
  /^better-sqlite3(\/|$)/,
  /^ssh2(\/|$)/,
  // oclif would use them in development mode when they are there. We run sources without.
  'typescript',
  'ts-node',
];

const beside = join(root, '.tmp');
mkdirSync(beside, { recursive: true });
const fresh = mkdtempSync(join(beside, 'build-'));
process.once('exit', () => rmSync(fresh, { recursive: true, force: true }));

const threadChunks = `${chunks}/threads`;
const threadParts = await bundle(threads, {
  define: {},
  entryFileNames: `${threadChunks}/[name]-[hash].js`,
  chunkFileNames: `${threadChunks}/[name]-[hash].js`,
});
const entryParts = await bundle(entries, {
  define: { builtThreads: JSON.stringify(fileByEntry(threadParts)) },
  entryFileNames: '[name].js',
  chunkFileNames: `${chunks}/[name]-[hash].js`,
});

// Which packages each file holds, for those who want to know what a command loads (test/cli/start-up.test.ts).
const contents = [...entryParts, ...threadParts].map(({ fileName, moduleIds }) => [fileName, packagesOf(moduleIds)]);
writeFileSync(join(fresh, contentsFile), `${JSON.stringify(Object.fromEntries(contents), null, 1)}\n`);
installBuild(fresh, dist);

/** Bundles the entries into `fresh`. In `define` are names that the sources use and what stands for them. */
async function bundle(
  entries: readonly string[],
  names: { define: Record<string, string>; entryFileNames: string; chunkFileNames: string },
): Promise<OutputChunk[]> {
  const { define, entryFileNames, chunkFileNames } = names;
  await using build = await rolldown({
    input: Object.fromEntries(entries.map((file) => [file.replace(/\.ts$/, ''), join(root, file)])),
    cwd: root,
    platform: 'node',
    external,
    transform: { define },
    tsconfig: join(root, 'tsconfig.json'),
    onLog(level, log) {
      // What a bundler warns of (a name that is not exported, a file that is not there) is an error once it runs.
      if (level === 'warn') throw new Error(`${log.code}: ${log.message}`);
    },
  });
  const { output } = await build.write({
    dir: fresh,
    format: 'esm',
    entryFileNames,
    chunkFileNames,
    // Names of functions and classes stay: stack traces of --debug and of reports about defects show them.
    keepNames: true,
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    // V8 reads text of one byte a character faster, and holds it in half the memory.
    charset: 'ascii',
  });
  return output.filter((file): file is OutputChunk => file.type === 'chunk');
}

function fileByEntry(parts: readonly OutputChunk[]): Record<string, string> {
  return Object.fromEntries(parts.filter((part) => part.isEntry).map((part) => [part.name, part.fileName]));
}

function packagesOf(files: readonly string[]): string[] {
  const names = files.map((file) => {
    const inside = file.split(`${sep}node_modules${sep}`).at(1)?.split(sep) ?? [];
    return inside.slice(0, inside[0]?.startsWith('@') ? 2 : 1).join('/');
  });
  return [...new Set(names.filter((name) => name !== ''))].sort();
}
