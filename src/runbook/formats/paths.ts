import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/**
 * Path of a finding as continuous-integration systems want it: relative to the top of the git work tree that holds `cwd` (to
 * `cwd` where there is none), forward slashes, no leading `./`. A file outside keeps its path as given; standard input its name.
 */
export function reportPath(file: string, cwd: string): string {
  if (file === '<stdin>') return 'stdin';
  const path = relative(topOf(cwd), resolve(cwd, file));
  const outside = path === '..' || path.startsWith(`..${sep}`);
  return (outside ? file : path).split(sep).join('/');
}

const tops = new Map<string, string>();

function topOf(cwd: string): string {
  let top = tops.get(cwd);
  if (top === undefined) {
    let folder = cwd;
    // In a linked work tree and in a submodule .git is a file.
    while (!existsSync(join(folder, '.git')) && dirname(folder) !== folder) folder = dirname(folder);
    top = existsSync(join(folder, '.git')) ? folder : cwd;
    tops.set(cwd, top);
  }
  return top;
}
