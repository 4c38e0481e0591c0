import { newId } from '../../core/ids.ts';
import type {
  ProcessRequest,
  ProcessResult,
  Recovered,
  StreamRequest,
  StreamResult,
  Target,
} from '../../engine/ports.ts';
import { planBecome } from '../process/become.ts';
import { commandOf } from '../process/command-words.ts';
import { FiledHost } from '../process/host-files.ts';
import { markerName } from '../process/marker.ts';
import { longestStartMs } from '../process/marker-folder.ts';
import { ShellFiles } from '../process/shell-files.ts';
import { streamUnit } from '../process/stream-unit.ts';
import type { HeldChannel } from './held-channel.ts';
import type { HostPool } from './pool.ts';
import { RemoteShell } from './remote-shell.ts';
import { forgetText, pingText, probeText } from './remote-texts.ts';
import { RemoteUnit, type SshHostOptions } from './remote-unit.ts';

/**
 * A machine behind ssh. Commands run under the same supervisor as local ones, in a session of their own: when the connection
 * is lost they go on, and are followed again.
 */
export class SshHost extends FiledHost {
  readonly #shell: RemoteShell;
  /** By name of the unit: those that can still be told to take its marker away. */
  readonly #held = new Map<string, HeldChannel>();
  readonly #options: SshHostOptions;
  protected readonly files: ShellFiles;

  constructor(target: Target, pool: HostPool, options: SshHostOptions) {
    super(target);
    this.#shell = new RemoteShell(target.name, pool, options.random);
    this.#options = options;
    this.files = new ShellFiles((request, signal) => this.run(request, signal));
  }

  async run(request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult> {
    const argv = commandOf(request);
    const { clock, random, secrets } = this.#options;
    const key = request.supervise?.key;
    const plan = await planBecome(request.become, argv, request.env ?? {}, secrets, this.#shell.mark());
    const name = markerName(key ?? `once.${newId(clock.nowMs(), random)}`);
    const unit = new RemoteUnit(this.#shell, this.#options, { name, once: key === undefined }, request.onOutput);
    try {
      return await unit.start(plan, request, signal);
    } finally {
      if (unit.held) this.#held.set(name, unit.held);
    }
  }

  async stream(request: StreamRequest, signal: AbortSignal): Promise<StreamResult> {
    const argv = commandOf(request);
    const { clock, random, secrets, graceMs } = this.#options;
    const plan = await planBecome(request.become, argv, request.env ?? {}, secrets, this.#shell.mark());
    const unit = markerName(`stream.${newId(clock.nowMs(), random)}`);
    const options = { clock, ...(graceMs === undefined ? {} : { graceMs }) };
    return streamUnit(this.#shell, unit, plan, request, signal, options);
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#shell.ask({}, pingText, signal);
  }

  async recover(key: string): Promise<Recovered> {
    const name = markerName(key);
    const never = new AbortController().signal;
    const probe = () => this.#shell.ask({ u: name }, probeText, never);
    const { clock } = this.#options;
    const deadline = clock.monotonicMs() + longestStartMs;
    let state = await probe();
    while (state === 'starting' && clock.monotonicMs() < deadline) {
      await clock.sleep(200);
      state = await probe();
    }
    const unit = () => new RemoteUnit(this.#shell, this.#options, { name, once: false });
    if (state === 'exited') return { state: 'exited', result: await unit().attach(never) };
    if (state === 'alive') return { state: 'alive', wait: (signal) => unit().attach(signal) };
    return state === 'not-started' ? { state } : { state: 'unknown' };
  }

  async forget(key: string): Promise<void> {
    const name = markerName(key);
    const held = this.#held.get(name);
    this.#held.delete(name);
    if (await held?.say('forget')) return;
    await this.#shell.ask({ u: name }, forgetText, new AbortController().signal);
  }
}
