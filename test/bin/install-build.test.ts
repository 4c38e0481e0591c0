import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { contentsFile, installBuild } from '../../bin/lib/install-build.ts';

test('a build takes the place of another one: its chunks stay until the next build, its entries do not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-build-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const dist = join(folder, 'dist');
  const build = (name: string, ...files: string[]) => {
    const fresh = join(folder, name);
    for (const file of files) {
      mkdirSync(dirname(join(fresh, file)), { recursive: true });
      writeFileSync(join(fresh, file), name);
    }
    writeFileSync(join(fresh, contentsFile), JSON.stringify(Object.fromEntries(files.map((file) => [file, []]))));
    installBuild(fresh, dist);
    expect(existsSync(fresh)).toBe(false);
    return readdirSync(dist, { recursive: true })
      .filter((file) => String(file).endsWith('.js'))
      .sort();
  };
  expect(build('first', 'main.js', 'commands/old.js', 'chunks/a-1.js', 'chunks/b-1.js')).toEqual([
    'chunks/a-1.js',
    'chunks/b-1.js',
    'commands/old.js',
    'main.js',
  ]);
  expect(build('second', 'main.js', 'commands/new.js', 'chunks/a-2.js', 'chunks/b-1.js')).toEqual([
    'chunks/a-1.js',
    'chunks/a-2.js',
    'chunks/b-1.js',
    'commands/new.js',
    'main.js',
  ]);
  expect(readFileSync(join(dist, 'main.js'), 'utf8')).toBe('second');
  // Nothing has changed: what is running may still be the first.
  expect(build('second again', 'main.js', 'commands/new.js', 'chunks/a-2.js', 'chunks/b-1.js')).toContain(
    'chunks/a-1.js',
  );
  expect(build('third', 'main.js', 'chunks/a-2.js')).toEqual(['chunks/a-2.js', 'chunks/b-1.js', 'main.js']);
});

test('a list of files that was cut does not keep the next build from being put in place', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-build-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [fresh, dist] = [join(folder, 'fresh'), join(folder, 'dist')];
  for (const dir of [fresh, dist]) mkdirSync(dir);
  writeFileSync(join(dist, contentsFile), '{"main.js": [');
  writeFileSync(join(fresh, 'main.js'), 'new');
  writeFileSync(join(fresh, contentsFile), '{"main.js": []}');
  installBuild(fresh, dist);
  expect(readFileSync(join(dist, 'main.js'), 'utf8')).toBe('new');
});

test('while one build is put in place another one waits', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'oaops-build-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [fresh, dist] = [join(folder, 'fresh'), join(folder, 'dist')];
  for (const dir of [fresh, dist]) mkdirSync(dir);
  writeFileSync(join(fresh, 'main.js'), 'new');
  writeFileSync(join(fresh, contentsFile), '{"main.js": []}');
  // Works for a while, so that one that does not wait is through before.
  const other = `import { writeFileSync } from 'node:fs';
    import { alone } from ${JSON.stringify(new URL('../../bin/lib/install-build.ts', import.meta.url).href)};
    alone(process.argv[1], () => {
      console.log('begun');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      writeFileSync(process.argv[1] + '/ended', '');
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', other, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  installBuild(fresh, dist);
  expect(existsSync(join(folder, 'ended'))).toBe(true);
  expect(await exited).toEqual([0, null]);
});
