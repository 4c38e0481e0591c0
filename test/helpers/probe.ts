import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Host, ProcessRequest } from '../../src/engine/ports.ts';
import { checkTypesByName } from '../../src/inspect/checks/registry.ts';
import { collect } from '../../src/inspect/collect.ts';
import type { CheckDoors } from '../../src/inspect/ports.ts';
import { keep, keptOf } from '../../src/inspect/record.ts';
import type { Answer, CheckResult, HostCheckType, Judged } from '../../src/inspect/types.ts';
import type { FactStore } from '../../src/record/types.ts';
import { which } from './restore-script.ts';

/** The shells that probes must run in, as far as this machine has them, each with its name. */
export const shells: readonly (readonly [string, readonly string[]])[] = [['dash'], ['busybox', 'sh'], ['bash']]
  .filter(([program]) => which(program!) !== undefined)
  .map((shell) => [shell.join(' '), shell]);

/** A folder with the tools of BusyBox, for the beginning of a PATH; `except` are left out. */
export function busyboxTools(folder: string, except: readonly string[] = []): string {
  const busybox = which('busybox')!;
  for (const name of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n'))
    if (!except.includes(name)) symlinkSync(busybox, join(folder, name));
  return folder;
}

export interface MadeCheck extends CheckResult {
  /** What it keeps for its next run; undefined: what was kept stays. */
  keep: unknown;
}

export interface MakeOptions {
  /** Default `/bin/sh`. */
  shell?: readonly string[];
  /** Set for the shell; PATH must hold what the probe calls. */
  env?: Record<string, string>;
  /** Programs of this machine that the probe does not find by `has` and `need`. */
  without?: readonly string[];
  kept?: unknown;
  doors?: Partial<CheckDoors>;
  /** Facts that the record has. */
  facts?: FactStore;
  nowMs?: number;
  timeoutMs?: number;
  address?: string;
  host?: string;
  signal?: AbortSignal;
}

const at = '2026-01-01T00:00:00.000Z';

/** Makes one check as an inspection makes it: its arguments parsed, its probe run by a real shell of this machine, its answer read and judged. */
export async function makeCheck(
  check: string,
  args: Record<string, unknown>,
  options: MakeOptions = {},
): Promise<MadeCheck> {
  const facts = options.facts ?? memoryFacts();
  const host = { name: options.host ?? 'web1', address: options.address ?? '127.0.0.1' };
  if (options.kept !== undefined) await keep(facts, 'test', at, { check: 'it', host: host.name, kept: options.kept });
  const clock: Clock = options.nowMs === undefined ? systemClock : { ...systemClock, nowMs: () => options.nowMs! };
  const given = (name: string) => async () => {
    throw new Error(`the test gave no ${name}`);
  };
  const doors: CheckDoors = {
    http: given('http'),
    net: given('net'),
    query: given('query'),
    facts: async () => facts,
    secret: given('secret'),
    host: async () => localShell(options),
    readFile: given('readFile'),
    files: given('files'),
    load: given('load'),
    monotonicMs: () => performance.now(),
    ...options.doors,
  } as CheckDoors;
  const found = await collect(
    [{ enabled: true, id: 'it', section: 's', check, with: args, timeoutMs: options.timeoutMs ?? 30_000 }],
    {
      inspection: 'test',
      run: 'run',
      host,
      open: async () => localShell(options),
      doors,
      facts,
      clock,
      mark: 'oaops-test-mark',
      signal: options.signal ?? new AbortController().signal,
      redact: (text) => text,
    },
  );
  const result = found.find((one) => one.check === 'it')!;
  const kept = await keptOf(facts, 'test', 'it', host.name);
  return { ...result, keep: kept };
}

/** What a host type says of lines that a host is said to have printed. */
export function judged(
  check: string,
  args: Record<string, unknown>,
  output: string,
  about: Partial<Answer> & { kept?: unknown; nowMs?: number } = {},
): Judged {
  const type = checkTypesByName.get(check) as HostCheckType<never>;
  const { kept, nowMs = Date.parse(at), ...answer } = about;
  return type.judge(
    type.withSchema.parse(args),
    { exitCode: 0, lines: output.split('\n'), err: '', truncated: false, ...answer },
    { host: { name: 'web1', address: '127.0.0.1' }, nowMs, askedMs: nowMs, answeredMs: nowMs, kept },
  );
}

/** What the schema says of arguments that are wrong; empty when they are right. */
export function complaints(check: string, args: unknown): string[] {
  const parsed = checkTypesByName.get(check)!.withSchema.safeParse(args);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/** Facts as the record keeps them, in memory. */
export function memoryFacts(rows: { topic: string; key: string; at: string; body: unknown }[] = []): FactStore {
  const all = [...rows];
  return {
    add: async (topic, key, time, body) => void all.push({ topic, key, at: time, body: structuredClone(body) }),
    addOnce: async (topic, key, time, body) => {
      if (all.some((row) => row.topic === topic && row.key === key)) return false;
      all.push({ topic, key, at: time, body });
      return true;
    },
    list: async (topic, { key, since, limit, newestFirst } = {}) => {
      const found = all.filter(
        (row) =>
          row.topic === topic && (key === undefined || row.key === key) && (since === undefined || row.at >= since),
      );
      return (newestFirst ? found.toReversed() : found).slice(0, limit);
    },
  };
}

/** Just enough of a host: `run` by a shell of this machine. */
function localShell({ shell = ['/bin/sh'], env = {}, without = [] }: MakeOptions): Host {
  const blind =
    without.length === 0
      ? ''
      : `command() { case " ${without.join(' ')} " in *" $2 "*) return 1 ;; esac; type "$2" >/dev/null 2>&1; }\n`;
  return {
    run: async ({ argv: [text = '', ...words], env: more, onOutput }: ProcessRequest, signal: AbortSignal) => {
      const [program = '', ...first] = shell;
      const child = spawn(program, [...first, '-c', blind + text, 'sh', ...words], {
        env: { PATH: process.env['PATH'] ?? '', ...more, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      const end = () => {
        try {
          process.kill(-child.pid!, 'SIGKILL');
        } catch {
          // It has ended by itself.
        }
      };
      signal.addEventListener('abort', end, { once: true });
      const read = (stream: 'stdout' | 'stderr') =>
        once(
          createInterface(child[stream]).on('line', (line) => onOutput?.(stream, line, false)),
          'close',
        );
      const [[exitCode]] = await Promise.all([once(child, 'exit'), read('stdout'), read('stderr')]);
      signal.throwIfAborted();
      return { exitCode };
    },
  } as unknown as Host;
}
