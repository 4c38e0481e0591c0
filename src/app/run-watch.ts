import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { App } from '../app.ts';
import { isoTime } from '../core/clock.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import type { EventSink, RunEvent } from '../core/events.ts';
import { formatDuration } from '../core/units.ts';
import { isAdHoc } from '../engine/plan/ad-hoc.ts';
import type { Plan } from '../engine/plan/plan-types.ts';
import { type Ping, sendPing } from '../notify/ping.ts';
import { type PingSpec, pingSchema } from '../runbook/schema/ping.ts';
import { parseYaml } from '../runbook/yaml/document.ts';
import { type LegOutcome, storeRunFacts, type Watched } from './run-facts.ts';

/** What stands behind a run that is watched. */
interface Watch extends Watched {
  ping: PingSpec | undefined;
  legPings: ReadonlyMap<string, string>;
  started: Promise<unknown>;
}

/**
 * Stands between the engine and what shows its events: pings monitoring services, remembers how backups fared, writes
 * metrics. `run.ended` is handed on when that is done, so that a warning about it comes before the end. Nothing here can
 * change how a run ends.
 */
export class RunWatch {
  readonly #app: App;
  readonly #inner: EventSink;
  readonly #watches = new Map<string, Promise<Watch | undefined>>();
  readonly #uses = new Map<string, string>();
  readonly #results = new Map<string, Watched['results']>();
  readonly #ends: Promise<void>[] = [];
  readonly #warned = new Set<string>();

  constructor(app: App, inner: EventSink) {
    this.#app = app;
    this.#inner = inner;
  }

  readonly sink: EventSink = (event) => {
    if (event.event === 'run.started') this.#begin(event);
    if (event.event === 'unit.ended') this.#remember(event);
    if (event.event === 'run.ended') this.#ends.push(this.#end(event));
    else this.#inner(event);
  };

  /** Waits until everybody was told. */
  async finish(): Promise<void> {
    await Promise.all(this.#ends);
  }

  #begin(event: RunEvent & { event: 'run.started' }): void {
    for (const { id, uses } of event.steps) this.#uses.set(`${event.run} ${id}`, uses);
    this.#watches.set(
      event.run,
      this.#guarded(event.run, () => this.#watch(event)),
    );
  }

  async #watch(event: RunEvent & { event: 'run.started' }): Promise<Watch> {
    const { settings } = await this.#app.config();
    const { runbook } = (await (await this.#app.record()).runs.plan(event.run)) as Plan;
    const ping = settings.pings?.[runbook.name] ?? pingOf(runbook.text, runbook.file);
    const legNames = new Map<string, string>();
    const legPings = new Map<string, string>();
    for (const { legs } of Object.values(settings.repositories ?? {}))
      for (const { name, location, ping: url } of legs) {
        const place = placeOf(location);
        legNames.set(place, name);
        if (url) legPings.set(place, url);
      }
    for (const [leg, url] of Object.entries(ping?.legs ?? {})) {
      const named = [...legNames].find(([, name]) => name === leg)?.[0];
      legPings.set(named ?? placeOf(leg), url);
    }
    const watch: Watch = {
      run: event.run,
      runbook: runbook.name,
      version: runbook.version,
      kind: runbook.kind,
      startedMs: Date.parse(event.time),
      results: [],
      legNames,
      ping,
      legPings,
      started: Promise.resolve(),
    };
    // A run that goes on after a wait has told of its beginning.
    if (ping?.url && ping.start && !event.resumed)
      watch.started = this.#ping(event.run, {
        url: ping.url,
        event: 'start',
        body: `${runbook.name} ${runbook.version} on ${hostname()}: started, run ${event.run}`,
      });
    return watch;
  }

  #remember({ run, step, result, status, phase }: RunEvent & { event: 'unit.ended' }): void {
    const uses = this.#uses.get(`${run} ${step}`);
    if (uses === undefined || phase !== 'do' || result === undefined) return;
    const results = this.#results.get(run) ?? [];
    this.#results.set(run, [...results.filter((one) => one.step !== step), { step, uses, status, result }]);
  }

  async #end(event: RunEvent & { event: 'run.ended' }): Promise<void> {
    try {
      const watch = await this.#watches.get(event.run);
      // A run that waits has not ended: it is told when it has.
      if (watch && event.status !== 'waiting') await this.#guarded(event.run, () => this.#tell(watch, event));
    } finally {
      this.#watches.delete(event.run);
      this.#inner(event);
    }
  }

  async #tell(watch: Watch, event: RunEvent & { event: 'run.ended' }): Promise<void> {
    watch.results = this.#results.get(event.run) ?? [];
    const end = {
      status: event.status,
      exitCode: event.exitCode,
      endedMs: Date.parse(event.time),
      durationMs: event.durationMs,
    };
    const legs = await storeRunFacts(this.#app, watch, end);
    const summary = summaryOf(watch, event, legs);
    await watch.started;
    const pings: Promise<void>[] = [];
    if (watch.ping?.url) {
      const failed = watch.ping.failure === 'fail' ? ('fail' as const) : event.exitCode;
      const ping = { url: watch.ping.url, event: event.exitCode === 0 ? ('' as const) : failed, body: summary };
      pings.push(this.#ping(event.run, ping));
    }
    for (const leg of legs) {
      const url = watch.legPings.get(placeOf(leg.location));
      if (url) pings.push(this.#ping(event.run, { url, event: leg.status === 'ok' ? '' : 'fail', body: summary }));
    }
    const { writeRunMetrics } = await import('./metrics-file.ts');
    // Ad hoc work has no last success that could be too old.
    const metrics = isAdHoc(watch.runbook)
      ? []
      : [this.#guarded(event.run, () => writeRunMetrics(this.#app, watch.runbook))];
    await Promise.all([...pings, ...metrics]);
  }

  async #ping(run: string, ping: Ping): Promise<void> {
    const app = this.#app;
    const deps = {
      http: app.http,
      secrets: await app.secrets(),
      clock: app.clock,
      redact: (text: string) => app.redactor.redact(text),
    };
    const warning = await sendPing(ping, deps, new AbortController().signal);
    if (warning) this.#warn(run, warning);
  }

  async #guarded<T>(run: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#warn(
        run,
        error instanceof OaopsError ? error.message : `nobody was told how this run went: ${messageOf(error)}`,
      );
      return undefined;
    }
  }

  /** Once: start and end fail for the same reason. */
  #warn(run: string, message: string): void {
    if (this.#warned.has(`${run} ${message}`)) return;
    this.#warned.add(`${run} ${message}`);
    this.#inner({
      event: 'run.warning',
      time: isoTime(this.#app.clock.nowMs()),
      run,
      message: this.#app.redactor.redact(message),
    });
  }
}

/** Of the runbook as it was planned, whatever the file says by now. */
function pingOf(text: string, file: string): PingSpec | undefined {
  const data = parseYaml(text, file).data as { spec?: { ping?: unknown } } | undefined;
  const given = data?.spec?.ping;
  const parsed = given === undefined ? undefined : pingSchema.safeParse(given);
  return parsed?.success ? parsed.data : undefined;
}

/** Short, and nothing but oaops' own words and names: what services keep is read by others. */
function summaryOf(
  { runbook, version, run }: Watch,
  { status, exitCode, durationMs, message }: RunEvent & { event: 'run.ended' },
  legs: readonly LegOutcome[],
): string {
  return [
    `${runbook} ${version} on ${hostname()}: ${status}, exit code ${exitCode}, ${formatDuration(durationMs)}, run ${run}`,
    ...(message ? [message] : []),
    ...legs.map(({ name, status: leg, error }) => `leg ${name}: ${leg}${error ? `: ${error}` : ''}`),
  ].join('\n');
}

/** Legs are compared by their place, however it was written. */
function placeOf(location: string): string {
  return location.startsWith('s3:') ? location.replace(/\/+$/, '') : resolve(location);
}
