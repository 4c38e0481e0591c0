import { isAbsolute, resolve } from 'node:path';

/** The URL of a database; the file of `sqlite:` is meant from `baseDir`. */
export function withAbsoluteFile(url: string, baseDir: string): string {
  const file = /^sqlite:(?:\/\/(?=\/))?(.+)$/s.exec(url)?.[1];
  return file === undefined ? url : `sqlite:${isAbsolute(file) ? file : resolve(baseDir, file)}`;
}

/** Without user, password and parameters. */
export function shownSqlUrl(url: string): string {
  if (url.startsWith('sqlite:') || !URL.canParse(url)) return url.replace(/[?#].*$/s, '');
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
