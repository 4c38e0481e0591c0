import type { HostDoor, Target } from '../../engine/ports.ts';
import { ConnectionPool } from './pool.ts';
import type { SshHostOptions } from './remote-unit.ts';
import type { SshDoorOptions } from './settings.ts';
import { SshHost } from './ssh-host.ts';

/** Opens ssh targets; connections are kept and used again until `closeAll`. */
export class SshDoor implements HostDoor {
  readonly #pool: ConnectionPool;
  readonly #options: SshHostOptions;

  constructor(options: SshDoorOptions & SshHostOptions) {
    this.#pool = new ConnectionPool(options);
    this.#options = options;
  }

  /** @throws OaopsError `host-unreachable`, `host-key-unknown`, `host-key-changed`, `host-key-revoked`, `auth-failed`, `key-encrypted` */
  async open(target: Target, signal: AbortSignal): Promise<SshHost> {
    const pool = this.#pool.host(target);
    await pool.connection(signal);
    return new SshHost(target, pool, this.#options);
  }

  async closeAll(): Promise<void> {
    this.#pool.closeAll();
  }
}
