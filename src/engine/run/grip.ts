import { isNotBegun } from '../../core/errors.ts';
import type { Host } from '../ports.ts';

/**
 * What one attempt got hold of: whether an attempt that failed may have changed something, or certainly not. It certainly has not when all it asked
 * for were hosts, and none of them began anything for it: no connection, another host key, no such program.
 */
export class Grip {
  #asked = false;
  #begun = false;

  /** Something else than a host is used: what that does is not known here. */
  other(): void {
    this.#begun = true;
  }

  /** Opens a host that tells when it is given something to do. */
  async host(open: () => Promise<Host>): Promise<Host> {
    this.#asked = true;
    return this.#watched(await open());
  }

  /** Undefined: not known. */
  get started(): boolean | undefined {
    if (this.#begun) return true;
    return this.#asked ? false : undefined;
  }

  #watched(host: Host): Host {
    const doing = async <T>(work: () => Promise<T>): Promise<T> => {
      const before = this.#begun;
      this.#begun = true;
      try {
        return await work();
      } catch (error) {
        if (isNotBegun(error)) this.#begun = before;
        throw error;
      }
    };
    return {
      target: host.target,
      run: (...args) => doing(() => host.run(...args)),
      stream: (...args) => doing(() => host.stream(...args)),
      writeFile: (...args) => doing(() => host.writeFile(...args)),
      upload: (...args) => doing(() => host.upload(...args)),
      // These change nothing.
      ping: (...args) => host.ping(...args),
      recover: (...args) => host.recover(...args),
      forget: (...args) => host.forget(...args),
      hashFile: (...args) => host.hashFile(...args),
      readFile: (...args) => host.readFile(...args),
    };
  }
}
