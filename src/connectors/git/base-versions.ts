import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf, usageError } from '../../core/errors.ts';
import type { BaseVersions } from '../../runbook/types.ts';

const run = promisify(execFile);
const maxBytes = 16 * 1024 * 1024;

/**
 * Earlier versions of runbooks at a git revision (`main`, `origin/main`, `HEAD~1`, a tag): the file at the same path, else
 * one that holds the same name, so that a moved file is compared with what it was.
 * @throws OaopsError `base-unknown` (exit 2) when `cwd` is no git work tree, git is missing, or the revision is unknown
 */
export async function gitBaseVersions(revision: string, cwd: string): Promise<BaseVersions> {
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
      const moved = name === undefined ? undefined : await fileOfName(commit, name, root);
      const movedText = moved === undefined ? undefined : await show(commit, moved, root);
      return moved === undefined || movedText === undefined
        ? undefined
        : { file: `${revision}:${moved}`, text: movedText };
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
    throw usageError('base-unknown', `"${revision}" is neither a folder nor a git revision here`, {
      next: 'Name a folder, branch, tag or commit; in CI fetch the base branch first (fetch-depth: 0).',
    });
  }
}

async function show(commit: string, path: string, root: string): Promise<Uint8Array | undefined> {
  try {
    return await git(['cat-file', 'blob', `${commit}:${path}`], root);
  } catch {
    return undefined;
  }
}

/** The first YAML file of the commit with a line `name: NAME`; exit 1 of git grep means none. */
async function fileOfName(commit: string, name: string, root: string): Promise<string | undefined> {
  const pattern = `(^|[{,[:space:]])name:[[:space:]]*["']?${name.replace(/[^a-z0-9-]/g, '.')}["']?[[:space:]]*([,}#]|$)`;
  try {
    const found = (await git(['grep', '-lEz', '-e', pattern, commit, '--', '*.yaml', '*.yml'], root)).toString();
    const first = found.split('\0')[0];
    return first ? first.slice(commit.length + 1) : undefined;
  } catch {
    return undefined;
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
