import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurable } from '../../core/durable-file.ts';
import { sha256Hex } from '../../core/json.ts';

/** Remembers which pack of which leg was read and found right, and when: samples rotate through all of them. */
export class VerifyHistory {
  readonly #file: string;
  readonly #times: Map<string, string>;

  constructor(stateDir: string, repositoryId: string, location: string) {
    this.#file = join(stateDir, 'verified', `${repositoryId}-${sha256Hex(location).slice(0, 16)}.json`);
    this.#times = readTimes(this.#file);
  }

  /** Never verified first, then those whose last time is longest ago. */
  oldestFirst(packs: Iterable<string>): string[] {
    const key = (pack: string) => `${this.#times.get(pack) ?? ''} ${pack}`;
    return [...packs].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  /** The oldest time among these packs; undefined when one was never verified. */
  oldest(packs: Iterable<string>): string | undefined {
    let oldest: string | undefined;
    for (const pack of packs) {
      const time = this.#times.get(pack);
      if (time === undefined) return undefined;
      if (oldest === undefined || time < oldest) oldest = time;
    }
    return oldest;
  }

  /** Forgets packs that are gone, so that the file does not grow for ever. */
  save(verified: Iterable<string>, present: ReadonlySet<string>, at: string): void {
    for (const pack of verified) this.#times.set(pack, at);
    for (const pack of this.#times.keys()) if (!present.has(pack)) this.#times.delete(pack);
    writeFileDurable(this.#file, `${JSON.stringify(Object.fromEntries(this.#times))}\n`);
  }
}

/** A file that can't be read costs some reading again, nothing else. */
function readTimes(file: string): Map<string, string> {
  try {
    const parsed = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return new Map(Object.entries(parsed).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
  } catch {
    return new Map();
  }
}
