import { globSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../', import.meta.url));
const entries = [
  ...globSync('commands/**/*.ts', { cwd: root }),
  'src/cli/main.ts',
  'src/cli/help.ts',
  'src/core/paths.ts',
  'src/app.ts',
  'src/backup/create/pack-thread.ts',
  'src/backup/restore/worker.ts',
];
rmSync(join(root, 'dist'), { recursive: true, force: true });
const bundle = await rolldown({
  input: Object.fromEntries(entries.map((file) => [file.replace(/\.ts$/, ''), join(root, file)])),
  platform: 'node',
  cwd: root,
  external: ['typescript', 'ts-node', /^better-sqlite3/, /^cpu-features/, /\.node$/],
  tsconfig: join(root, 'tsconfig.json'),
  onLog(level, log) { if (!/EVAL|CIRCULAR/.test(log.code ?? '')) console.error(level, log.code, log.message.slice(0, 300)); },
});
const { output } = await bundle.write({
  dir: join(root, 'dist'),
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  keepNames: true,
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
});
console.log(output.length, relative(root, 'dist'));
