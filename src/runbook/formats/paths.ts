import { isAbsolute, relative, sep } from 'node:path';

/**
 * Path of a finding as continuous-integration systems want it: relative to the folder they run in, forward slashes, no
 * leading `./`. A file outside that folder keeps its absolute path; standard input its name.
 */
export function reportPath(file: string, cwd: string): string {
  if (file === '<stdin>') return 'stdin';
  const path = isAbsolute(file) ? relative(cwd, file) : relative('.', file);
  const outside = path === '..' || path.startsWith(`..${sep}`);
  return (outside ? file : path).split(sep).join('/');
}
