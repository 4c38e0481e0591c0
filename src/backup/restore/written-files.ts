import type { ByteString } from '../format/byte-string.ts';
import type { ContentsResult } from './contents.ts';
import type { FilePlan, Metadata } from './file-plan.ts';
import type { Survey } from './in-place/survey.ts';
import type { RestoreProblemClass } from './result.ts';
import { setTimes } from './times.ts';

/** What is known of files whose contents were restored, and what is still to be done for them. Their times are set meanwhile. */
export class WrittenFiles {
  /** Paths of objects whose owner could not be set. */
  readonly foreign = new Set<ByteString>();
  /** Files whose attributes come first, and mode and time after them. */
  readonly later: Metadata[] = [];
  failedFiles = 0;
  failedBytes = 0;
  readonly #root: ByteString;
  readonly #survey: Survey | undefined;
  readonly #problem: (kind: RestoreProblemClass, path: ByteString, message: string, object?: string) => void;
  #times: Promise<void> = Promise.resolve();

  constructor(
    root: ByteString,
    survey: Survey | undefined,
    problem: (kind: RestoreProblemClass, path: ByteString, message: string, object?: string) => void,
  ) {
    this.#root = root;
    this.#survey = survey;
    this.#problem = problem;
  }

  /** Waits for the times of the files before, so that lists do not pile up. */
  async add({ files }: FilePlan, { failed, later, foreign }: ContentsResult): Promise<void> {
    for (const [number, { message, damaged, object }] of failed) {
      this.failedFiles += 1;
      this.failedBytes += files[number]!.contentBytes;
      this.#problem(damaged ? 'damaged' : 'write', files[number]!.path, message, object);
    }
    for (const number of foreign) this.foreign.add(files[number]!.path);
    const times: Metadata[] = [];
    for (const number of later) {
      const file = files[number]!;
      if (failed.has(number)) continue;
      // Beside what is there, owner and attributes of staged files are settled at the end, all together.
      if (file.later || this.#survey) this.later.push(file);
      else times.push(file);
    }
    await this.#times;
    this.#times = this.#setTimes(times);
    this.#times.catch(() => undefined);
  }

  async end(): Promise<void> {
    await this.#times;
  }

  async #setTimes(files: readonly Metadata[]): Promise<void> {
    for (const path of await setTimes(this.#root, files))
      this.#problem('metadata', path, 'its time could not be set to the nanosecond');
  }
}
