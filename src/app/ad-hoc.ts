import { resolve } from 'node:path';
import type { App } from '../app.ts';
import type { SnapshotMade } from '../backup/anchors.ts';
import type { BackupDoor } from '../backup/door.ts';
import { renderWarning } from '../cli/failure.ts';
import { toLanguage } from '../cli/texts/language.ts';
import { isoTime } from '../core/clock.ts';
import { messageOf, OaopsError } from '../core/errors.ts';
import { loginName } from '../core/login.ts';

/** Work that a command does by itself, without a runbook. Also the topic of its facts in the record. */
export type AdHocAction =
  | 'host.ping'
  | 'backup.create'
  | 'backup.load'
  | 'backup.restore'
  | 'backup.verify'
  | 'backup.prune'
  | 'backup.sync';

/**
 * Tells the record of work that has no run: a row of the audit log before it starts, a fact when it has ended, a row when
 * it failed. A row that says "started" and nothing after it is work that was killed. Backups and restores must be possible
 * while the record is not, so a record that cannot be written is a warning (docs/decisions/0001-ad-hoc-backups.md).
 */
export class AdHoc {
  readonly #app: App;
  readonly #action: AdHocAction;
  readonly #warn: (message: string) => void;
  #usable = true;
  /** What could not be recorded. */
  readonly warnings: string[] = [];

  constructor(app: App, action: AdHocAction, warn: (message: string) => void) {
    this.#app = app;
    this.#action = action;
    this.#warn = warn;
  }

  /** Does the work between the two entries; `factOf` gives key and facts of its result, undefined when they were told already. */
  async run<T>(
    repos: readonly string[],
    details: object,
    work: () => Promise<T>,
    factOf: (result: T) => { key: string; facts: object } | undefined,
  ): Promise<T> {
    const places = repos.map((repo) => (repo.startsWith('s3:') ? repo : resolve(repo)));
    return this.runOn(places.join(' '), { ...details, cwd: process.cwd() }, work, factOf);
  }

  /** As `run`, on something that is no repository. */
  async runOn<T>(
    subject: string,
    details: object,
    work: () => Promise<T>,
    factOf: (result: T) => { key: string; facts: object } | undefined,
  ): Promise<T> {
    await this.#append('started', subject, details);
    let result: T;
    try {
      result = await work();
    } catch (error) {
      const code = error instanceof OaopsError ? error.code : 'internal';
      await this.#append('failed', subject, { code, message: messageOf(error) });
      throw error;
    }
    const told = factOf(result);
    if (told) await this.ended(told.key, told.facts);
    return result;
  }

  /** Stores the fact of work that has ended; facts that runs tell too have a topic of their own. */
  async ended(key: string, facts: object, topic: string = this.#action): Promise<void> {
    await this.#record(async () => {
      const { facts: store } = await this.#app.record();
      await store.add(topic, key, this.#now(), this.#app.redactor.redactValue({ by: this.#actor(), ...facts }));
    });
  }

  /** The anchor of a backup, taken after the fact of its snapshot, so that it vouches for that too. */
  anchorAfter(door: BackupDoor): BackupDoor['anchor'] {
    return async (made: SnapshotMade, warn) => {
      await this.ended(made.snapshot, made);
      return this.#usable ? door.anchor(made, warn) : undefined;
    };
  }

  async #append(what: 'started' | 'failed', subject: string, details: object): Promise<void> {
    await this.#record(async () => {
      const { audit } = await this.#app.record();
      await audit.append({
        at: this.#now(),
        actor: this.#actor(),
        action: `${this.#action}.${what}`,
        subject: this.#app.redactor.redact(subject),
        details: this.#app.redactor.redactValue(details),
      });
    });
  }

  async #record(write: () => Promise<void>): Promise<void> {
    if (!this.#usable) return;
    try {
      await write();
    } catch (error) {
      this.#usable = false;
      const message = `this is not in the record: ${messageOf(error)}`;
      this.warnings.push(message);
      this.#warn(message);
    }
  }

  #now(): string {
    return isoTime(this.#app.clock.nowMs());
  }

  #actor(): string {
    return loginName(this.#app.env, process.getuid?.() ?? this.#app.place.uid);
  }
}

/** Warnings of commands that print no stream of their own, in the user's language; with `--json` as lines of JSON. */
export function warnOnStderr({ globals, redactor }: App): (message: string) => void {
  const style = { json: globals.json, lang: toLanguage(globals.lang) ?? ('en' as const), redactor };
  return (message) => void process.stderr.write(renderWarning(message, style));
}
