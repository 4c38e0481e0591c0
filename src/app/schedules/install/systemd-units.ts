import type { Invocation } from './invocation.ts';

export const unitName = 'oaops-tick';
export const unitMark = '# Written by "oaops schedule install"; changes belong into a drop-in: "systemctl edit".';

/**
 * The service and its timer. Steps of runbooks may do whatever an administrator does, also install packages and call sudo, so the unit is not
 * locked in: what a system service can do without being in their way is little, and a user's unit would lose sudo by any of it.
 */
export function systemdUnits({ node, script, env }: Invocation, scope: 'system' | 'user'): Record<string, string> {
  const settings = Object.entries(env).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`);
  const service = [
    unitMark,
    '[Unit]',
    'Description=oaops: start what is due, go on with what waits',
    // A user's manager has no such target.
    ...(scope === 'system' ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    '',
    '[Service]',
    'Type=oneshot',
    ...settings,
    // Of a program's own name systemd takes no quotation marks, of arguments it does.
    `ExecStart=/usr/bin/env ${[node, script].map((word) => quoted(word.replaceAll('$', '$$$$'))).join(' ')} tick -q --stay`,
    // Commands of steps outlive a killed oaops, which finds them again: they are not to be ended with it.
    'KillMode=process',
    'TimeoutStartSec=infinity',
    // A backup comes to its checkpoint within a minute.
    'TimeoutStopSec=90',
    ...(scope === 'system' ? ['LockPersonality=yes', 'RestrictRealtime=yes', 'Nice=5'] : []),
  ];
  const timer = [
    unitMark,
    '[Unit]',
    'Description=oaops: every minute',
    '',
    '[Timer]',
    'OnCalendar=minutely',
    'AccuracySec=5s',
    // After time off it looks at once; which times are caught up is for the schedules to say.
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
  ];
  return { [`${unitName}.service`]: `${service.join('\n')}\n`, [`${unitName}.timer`]: `${timer.join('\n')}\n` };
}

/** A word of a unit file: C escapes in quotation marks, and no specifiers (systemd.unit(5), systemd.syntax(7)). */
function quoted(text: string): string {
  const safe = text.replaceAll('%', '%%');
  return /^[\w@%+=:,./$-]+$/.test(safe) ? safe : `"${safe.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
