import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withEngine } from '../../src/app/run-command.ts';
import { type DueResult, startDue } from '../../src/app/schedules/run-due.ts';
import { type App, openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';

/** Where nothing is drawn. */
export const unseen = { renderer: async () => ({ sink: () => undefined }) };

/** A state folder, a configuration and runbooks with schedules, on a clock that is set. */
export class ScheduleStage {
  readonly root = mkdtempSync(join(tmpdir(), 'oaops-due-'));
  nowMs = 0;
  readonly env = {
    OAOPS_STATE_DIR: join(this.root, 'state'),
    OAOPS_CONFIG: join(this.root, 'config.yaml'),
    OAOPS_LANG: 'en',
  };
  #app: App | undefined;

  constructor() {
    mkdirSync(join(this.root, 'books'));
  }

  /** Opened once; made anew after `configure`. */
  get app(): App {
    this.#app ??= openApp(
      { json: false, quiet: true, verbose: false, debug: false, color: false, lang: 'en' },
      { env: this.env, clock: { ...systemClock, nowMs: () => this.nowMs } },
    );
    return this.#app;
  }

  /** A runbook that leaves a line each time it runs. */
  runbook(
    name: string,
    schedule: string,
    argv = `[sh, -c, 'echo ran >> ${join(this.root, name)}.log']`,
    spec = '',
  ): void {
    this.write(name, `schedule: ${schedule}\n${spec}`, `{id: work, name: Work, uses: exec, with: {argv: ${argv}}}`);
  }

  /** A runbook of one step. */
  write(name: string, spec: string, step: string): void {
    writeFileSync(
      join(this.root, 'books', `${name}.yaml`),
      `apiVersion: oaops/v1
kind: Procedure
metadata: {name: ${name}, version: 1.0.0, title: Test, owner: operations}
spec:
  ${spec.trimEnd()}
  steps:
    - ${step}
`,
    );
  }

  async configure(schedules: string, more = ''): Promise<void> {
    const text = `timeZone: Asia/Shanghai\nrunbooks: [books]\nschedules: ${schedules}\n${more}`;
    writeFileSync(join(this.root, 'config.yaml'), text, { mode: 0o600 });
    await this.#app?.[Symbol.asyncDispose]();
    this.#app = undefined;
  }

  async lookAt(time: string): Promise<DueResult> {
    this.nowMs = Date.parse(time);
    return withEngine(this.app, unseen, (engine, signals) => startDue(this.app, engine, signals));
  }

  timesRun(name: string): number {
    try {
      return readFileSync(join(this.root, `${name}.log`), 'utf8')
        .trim()
        .split('\n').length;
    } catch {
      return 0;
    }
  }

  async end(): Promise<void> {
    await this.#app?.[Symbol.asyncDispose]();
    rmSync(this.root, { recursive: true, force: true });
  }
}
