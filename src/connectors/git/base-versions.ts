import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf, usageError } from '../../core/errors.ts';
import type { BaseVersions } from '../../runbook/types.ts';

const run = promisify(execFile);
const maxBytes = 16 * 1024 * 1024;
/** Most files that are looked into for a name. */
const maxCandidates = 200;

/**
 * Earlier versions of runbooks at a git revision (`main`, `origin/main`, `HEAD~1`, a tag): the file at the same path, else
 * one that holds the same name, so that a moved file is compared with what it was.
 * `nameOf` reads the runbook's name from a text, undefined for what is none.
 * @throws OaopsError `base-unknown` (exit 2) when `cwd` is no git work tree, git is missing, or the revision is unknown
 */
export async function gitBaseVersions(
  revision: string,
  cwd: string,
  nameOf: (text: string) => string | undefined,
): Promise<BaseVersions> {
  const commit = await commitOf(revision, cwd);
  const top = await rootOf(cwd);
  return {
    description: revision,
    async find({ file, name }) {
      const absolute = resolve(cwd, file);
      const dir = dirname(absolute);
      const root = await rootOf(dir);
      // A file outside of the work tree, or of another one, has no earlier version here.
      if (root === undefined || root !== top) return undefined;
      // With -z names are not quoted: git writes others than ASCII as "\\345...".
      const path = (await git(['ls-files', '-z', '--full-name', '--others', '--cached', '--', absolute], dir))
        .toString()
        .split('\0')[0]!;
      const text = path === '' ? undefined : await show(commit, path, root);
      if (text) return { file: `${revision}:${path}`, text };
      if (name === undefined) return undefined;
      // A step, an input or another file may have the same name in a line of its own: only the header counts.
      for (const candidate of await filesWithName(commit, name, root)) {
        const moved = await show(commit, candidate, root);
        if (moved && nameOf(Buffer.from(moved).toString()) === name)
          return { file: `${revision}:${candidate}`, text: moved };
      }
      return undefined;
    },
  };
}

async function rootOf(folder: string): Promise<string | undefined> {
  try {
    return (await git(['rev-parse', '--show-toplevel'], folder)).toString().replace(/\n$/, '');
  } catch {
    return undefined;
  }
}

async function commitOf(revision: string, cwd: string): Promise<string> {
  try {
    // --end-of-options: a revision that starts with a hyphen is never taken for an option.
    return (await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`], cwd))
      .toString()
      .trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT')
      throw usageError('base-unknown', 'git is not installed', {
        next: 'Install git, or name a folder with the earlier versions.',
      });
    if (/dubious ownership/.test(await complaint(cwd)))
      throw usageError('base-unknown', 'git refuses this folder: it belongs to another user', {
        next: 'Run git config --global --add safe.directory with the top folder of the work tree.',
      });
    throw usageError('base-unknown', `"${revision}" is neither a folder nor a git revision here`, {
      next: 'Name a folder, branch, tag or commit; in CI fetch the base branch first (fetch-depth: 0).',
    });
  }
}

/** What git says against the folder itself; empty when nothing. */
async function complaint(cwd: string): Promise<string> {
  try {
    await git(['rev-parse', '--git-dir'], cwd);
    return '';
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr ?? '');
  }
}

async function show(commit: string, path: string, root: string): Promise<Uint8Array | undefined> {
  try {
    return await git(['cat-file', 'blob', `${commit}:${path}`], root);
  } catch {
    return undefined;
  }
}

/** YAML files of the commit with a line `name: NAME`; exit 1 of git grep means none. */
async function filesWithName(commit: string, name: string, root: string): Promise<string[]> {
  const pattern = `(^|[{,[:space:]])name:[[:space:]]*["']?${name.replace(/[^a-z0-9-]/g, '.')}["']?[[:space:]]*([,}#]|$)`;
  try {
    const found = (await git(['grep', '-lEz', '-e', pattern, commit, '--', '*.yaml', '*.yml'], root)).toString();
    const files = found.split('\0').filter((file) => file !== '');
    return files.slice(0, maxCandidates).map((file) => file.slice(commit.length + 1));
  } catch {
    return [];
  }
}

async function git(args: string[], cwd: string): Promise<Buffer> {
  const { stdout } = await run('git', args, { cwd, env: environment(), encoding: 'buffer', maxBuffer: maxBytes });
  return stdout;
}

/** Without what a hook of git is given: with GIT_DIR set, every folder would be the top of the work tree. */
function environment(): Record<string, string | undefined> {
  const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, GIT_PREFIX, ...rest } = process.env;
  return rest;
}
