import type { App } from '../app.ts';
import { stoppable } from '../backup/stopped.ts';
import { isoTime } from '../core/clock.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { Gate } from '../core/gate.ts';
import { formatDuration } from '../core/units.ts';
import { selectTargets } from '../engine/plan/targets.ts';
import type { HostDoor, Inventory, Target } from '../engine/ports.ts';
import { AdHoc, warnOnStderr } from './ad-hoc.ts';
import { hostDoor } from './hosts.ts';

/** How a host answered. Each word has its own cure. */
export type PingState =
  | 'ok'
  | 'unreachable'
  | 'auth-refused'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'host-key-revoked'
  | 'timeout'
  | 'failed';

export interface Pinged {
  name: string;
  state: PingState;
  durationMs: number;
  code?: string;
  message?: string;
  next?: string;
}

/** The hosts that selectors name, and the inventory they are of: `file`, else the configured one, else an empty one. */
export async function chosenHosts(
  app: App,
  selectors: readonly string[],
  file: string | undefined,
): Promise<{ targets: Target[]; sources: Inventory['sources'] }> {
  const named = file ?? (await app.config()).settings.inventory;
  const { inventory, warnings } =
    named === undefined ? { inventory: { sources: [], hosts: [] }, warnings: [] } : await app.inventory(named);
  const warn = warnOnStderr(app);
  for (const warning of warnings) warn(warning);
  const targets = selectTargets(selectors.length === 0 ? ['all'] : selectors, inventory);
  return { targets, sources: inventory.sources };
}

/** Where a host is reached: `10.0.0.7`, `10.0.0.7:2222`, `[::1]:2222`; nothing for this machine. */
export function addressOf({ connection, host, port }: Target): string {
  if (connection === 'local') return '';
  if (port === undefined) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Opens a connection to each host and runs `true` there, at most `parallel` at once. Failures are values. The record gets a row
 * of the audit log before and a fact after, as of all work without a runbook.
 * @throws OaopsError `stopped` (exit 130, 143)
 */
export async function pingHosts(
  app: App,
  targets: readonly Target[],
  options: { parallel: number; timeoutMs: number; stop: AbortSignal; onEnd?: () => void },
): Promise<Pinged[]> {
  const hosts = hostDoor(app, warnOnStderr(app));
  app.onClose(() => hosts.closeAll());
  const names = targets.map(({ name }) => name);
  const gate = new Gate(options.parallel);
  const work = () =>
    Promise.all(
      targets.map((target) =>
        gate.run(async () => {
          const pinged = await pingOne(app, hosts, target, options);
          options.onEnd?.();
          return pinged;
        }),
      ),
    );
  return new AdHoc(app, 'host.ping', warnOnStderr(app)).runOn(
    names.join(' '),
    { hosts: names.length },
    () => stoppable('the ping', 'Run the command again.', options.stop, work),
    (pinged) => ({
      key: isoTime(app.clock.nowMs()),
      facts: { hosts: pinged.map(({ name, state, durationMs, code }) => ({ name, state, durationMs, code })) },
    }),
  );
}

async function pingOne(
  app: App,
  hosts: HostDoor,
  target: Target,
  { timeoutMs, stop }: { timeoutMs: number; stop: AbortSignal },
): Promise<Pinged> {
  stop.throwIfAborted();
  const startedMs = app.clock.monotonicMs();
  const late = new AbortController();
  const over = new AbortController();
  app.clock.sleep(timeoutMs, over.signal).then(
    () => late.abort(),
    () => undefined,
  );
  const end = (state: PingState): Pinged => ({
    name: target.name,
    state,
    durationMs: Math.round(app.clock.monotonicMs() - startedMs),
  });
  try {
    const signal = AbortSignal.any([late.signal, stop]);
    await (await hosts.open(target, signal)).ping(signal);
    return end('ok');
  } catch (error) {
    stop.throwIfAborted();
    if (late.signal.aborted) return { ...end('timeout'), message: `no answer within ${formatDuration(timeoutMs)}` };
    const known = error instanceof OaopsError ? error : undefined;
    return {
      ...end(stateOf(known?.code)),
      ...(known ? { code: known.code } : {}),
      message: app.redactor.redact(messageOf(error)),
      ...(known?.next ? { next: known.next } : {}),
    };
  } finally {
    over.abort();
  }
}

function stateOf(code: string | undefined): PingState {
  switch (code) {
    case 'host-unreachable':
    case 'session-lost':
      return 'unreachable';
    case 'auth-failed':
    case 'key-encrypted':
      return 'auth-refused';
    case 'host-key-unknown':
    case 'host-key-changed':
    case 'host-key-revoked':
      return code;
    default:
      return 'failed';
  }
}

/** 0 when every host answered, 1 when none did, else 3. */
export function pingExitCode(pinged: readonly Pinged[]): ExitCode {
  const good = pinged.filter(({ state }) => state === 'ok').length;
  return good === pinged.length ? ExitCode.success : good === 0 ? ExitCode.failed : ExitCode.incomplete;
}
