import { existsSync } from 'node:fs';
import { posixQuote } from '../../src/connectors/process/quote.ts';

const daemon = '/usr/lib/systemd/systemd-journald';

/** A journald can be started here, in a mount namespace. */
export const hasJournald = process.getuid?.() === 0 && existsSync(daemon) && existsSync('/usr/bin/logger');

/** Shell commands: a journal of its own that lies in `folder` and goes on from what lies there, with these messages added. */
export function journalWith(folder: string, messages: { priority: string; tag: string; text: string }[]): string {
  return [
    'mount -t tmpfs none /run/log',
    'mount -t tmpfs none /run/systemd',
    `mkdir -p /run/log/journal ${folder}`,
    `mount --bind ${folder} /run/log/journal`,
    'mkdir -p /run/systemd/journal /run/systemd/journald.conf.d',
    // What the kernel of this machine says is no matter of a test.
    "printf '[Journal]\\nReadKMsg=no\\n' >/run/systemd/journald.conf.d/test.conf",
    `${daemon} >/dev/null 2>&1 &`,
    'journald=$!',
    'waited=0',
    'until [ -S /run/systemd/journal/io.systemd.journal ] || [ "$waited" -gt 100 ]; do sleep 0.05; waited=$((waited + 1)); done',
    ...messages.map(
      ({ priority, tag, text }) =>
        `/usr/bin/logger -u /run/systemd/journal/dev-log -p ${priority} -t ${posixQuote(tag)} -- ${posixQuote(text)}`,
    ),
    '/usr/bin/journalctl --sync',
    'kill "$journald"',
    'wait "$journald" || true',
  ].join('\n');
}
