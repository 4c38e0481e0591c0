/** Variables of oaops's own environment that a local command gets; everything else must be named in the step. */
const passedThrough = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
];

/**
 * What a local command gets besides the step's variables: a short list of our own, and a UTF-8 locale when there is none
 * at all (as under cron), because file names and texts here are UTF-8. An environment that depends on who started the run
 * would make runs differ.
 */
export function baseEnvironment(own: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of passedThrough) {
    const value = own[name];
    if (value !== undefined) result[name] = value;
  }
  result['PATH'] ||= '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  if (!result['LC_ALL'] && !result['LC_CTYPE'] && !result['LANG']) result['LANG'] = 'C.UTF-8';
  return result;
}
