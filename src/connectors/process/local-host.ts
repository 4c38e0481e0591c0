import { join } from 'node:path';
import { newId } from '../../core/ids.ts';
import type {
  ProcessRequest,
  ProcessResult,
  Recovered,
  StreamRequest,
  StreamResult,
  Target,
} from '../../engine/ports.ts';
import { pingText } from '../ssh/remote-texts.ts';
import { planBecome } from './become.ts';
import { commandOf } from './command-words.ts';
import { FiledHost } from './host-files.ts';
import { LocalFiles } from './local-files.ts';
import { LocalShell } from './local-shell.ts';
import { type LocalHostOptions, LocalUnit } from './local-unit.ts';
import { markerName } from './marker.ts';
import { longestStartMs, MarkerFolder } from './marker-folder.ts';
import { streamUnit } from './stream-unit.ts';

/** The local machine. Commands run under the supervisor, so that another process of oaops can find them again. */
export class LocalHost extends FiledHost {
  readonly #options: LocalHostOptions;
  protected readonly files: LocalFiles;

  constructor(target: Target, options: LocalHostOptions) {
    super(target);
    this.#options = options;
    this.files = new LocalFiles((request, signal) => this.run(request, signal));
  }

  async run(request: ProcessRequest, signal: AbortSignal): Promise<ProcessResult> {
    const argv = commandOf(request);
    signal.throwIfAborted();
    const { clock, random, secrets } = this.#options;
    const key = request.supervise?.key;
    const given = request.env ?? {};
    const plan = await planBecome(request.become, argv, given, secrets, `end-${newId(clock.nowMs(), random)}`);
    const marker = MarkerFolder.create(this.#dirOf(key ?? `once.${newId(clock.nowMs(), random)}`));
    try {
      const result = await this.#unit(marker).start(plan, request, signal);
      if (key === undefined) marker.remove();
      return result;
    } catch (error) {
      // A command that was not started leaves nothing to be found again.
      if (key === undefined || marker.exit?.kind === 'failed') marker.remove();
      throw error;
    }
  }

  async stream(request: StreamRequest, signal: AbortSignal): Promise<StreamResult> {
    const argv = commandOf(request);
    const { clock, random, secrets, env, cwd, graceMs } = this.#options;
    const shell = new LocalShell(this.target.name, { env, cwd, random });
    const plan = await planBecome(request.become, argv, request.env ?? {}, secrets, shell.mark());
    const unit = markerName(`stream.${newId(clock.nowMs(), random)}`);
    return streamUnit(shell, unit, plan, request, signal, { clock, ...(graceMs === undefined ? {} : { graceMs }) });
  }

  async ping(signal: AbortSignal): Promise<void> {
    const { env, cwd, random } = this.#options;
    await new LocalShell(this.target.name, { env, cwd, random }).ask({}, pingText, signal);
  }

  async recover(key: string): Promise<Recovered> {
    const marker = new MarkerFolder(this.#dirOf(key));
    // Taking the claim keeps a supervisor that was about to start from starting.
    if (marker.claim()) return { state: 'not-started' };
    // It has claimed the unit a moment ago, and not written its pid yet: on a busy machine that takes seconds.
    const deadline = this.#options.clock.monotonicMs() + longestStartMs;
    let watch = marker.watch();
    while (watch === 'starting' && this.#options.clock.monotonicMs() < deadline) {
      await this.#options.clock.sleep(20);
      watch = marker.watch();
    }
    const unit = this.#unit(marker);
    if (watch === 'exited') return { state: 'exited', result: await unit.collect() };
    if (watch !== 'alive') return { state: 'unknown' };
    return { state: 'alive', wait: (signal) => unit.attach(signal) };
  }

  async forget(key: string): Promise<void> {
    new MarkerFolder(this.#dirOf(key)).remove();
  }

  #dirOf(key: string): string {
    return join(this.#options.stateDir, 'units', markerName(key));
  }

  #unit(marker: MarkerFolder): LocalUnit {
    return new LocalUnit(this.target.name, marker, this.#options);
  }
}
