import { OaopsError } from '../../core/errors.ts';

export interface LoggerOptions {
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * Hands one line to syslog by logger(1), tag `oaops`, facility auth: where login and sudo messages go, and what collectors
 * send to another machine first.
 * @throws OaopsError `syslog-failed`
 */
export async function writeSyslog(line: string, { env }: LoggerOptions): Promise<void> {
  const { execa } = await import('execa');
  const result = await execa('logger', ['-t', 'oaops', '-p', 'auth.notice', '--', line], {
    reject: false,
    stdin: 'ignore',
    timeout: 10_000,
    extendEnv: false,
    env: { PATH: env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
  });
  if (result.exitCode === 0) return;
  const reason =
    result.code === 'ENOENT'
      ? 'logger is not installed'
      : result.timedOut
        ? 'logger did not end within 10 s'
        : result.stderr.trim().split('\n')[0] || `logger ended with ${result.exitCode ?? result.signal}`;
  throw new OaopsError('syslog-failed', `syslog did not take the anchor: ${reason}`, {
    next: 'Look whether a syslog service runs and /dev/log is there (Debian packages: bsdutils and rsyslog).',
  });
}
