import { OaopsError } from '../../core/errors.ts';
import type { OpenDirectory } from '../directory.ts';
import type { AccountDoors } from '../ports.ts';
import type { DirectorySpec } from '../schema/directories.ts';
import { openDirectory } from './open-directory.ts';

/** Directories of one process, each logged in to once. Who uses one waits until the one before is through. */
export class OpenDirectories {
  readonly #doors: AccountDoors;
  readonly #open = new Map<string, Promise<OpenDirectory>>();
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(doors: AccountDoors) {
    this.#doors = doors;
  }

  /** @throws OaopsError as the directory does; whoever comes next logs in anew when the connection was lost */
  async use<T>(spec: DirectorySpec, signal: AbortSignal, work: (directory: OpenDirectory) => Promise<T>): Promise<T> {
    const turn = (this.#last.get(spec.id) ?? Promise.resolve()).then(async () => {
      signal.throwIfAborted();
      let opened = this.#open.get(spec.id);
      if (!opened) {
        opened = openDirectory(spec, this.#doors, signal);
        this.#open.set(spec.id, opened);
      }
      try {
        return await work(await opened);
      } catch (error) {
        // A refusal leaves the connection as it is; whatever else it was, nobody knows in which state it is.
        if (!(error instanceof OaopsError) || error.exitCode !== 4) {
          this.#open.delete(spec.id);
          await opened.then((directory) => directory.close()).catch(() => {});
        }
        throw error;
      }
    });
    this.#last.set(
      spec.id,
      turn.catch(() => {}),
    );
    return turn;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#last.values());
    await Promise.allSettled([...this.#open.values()].map(async (opened) => (await opened).close()));
    this.#open.clear();
  }
}
