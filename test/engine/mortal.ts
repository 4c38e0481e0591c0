import type { RecordStore } from '../../src/record/types.ts';

export class Died extends Error {}

/** A process that dies after (or, with `half`, instead of) one of its commits; whatever it does after that reaches nobody. */
export class Mortal {
  commits = 0;
  dieAt = Number.POSITIVE_INFINITY;
  instead = false;
  dead = false;

  /** Another process begins, which does not die. */
  revive(): void {
    this.dead = false;
    this.dieAt = Number.POSITIVE_INFINITY;
  }

  wrap(record: RecordStore): RecordStore {
    const writes = new Set(['setStatus', 'intent', 'result', 'addInput']);
    const runs = new Proxy(record.runs, {
      get: (target, name) => {
        const method = (target[name as keyof typeof target] as (...args: unknown[]) => unknown).bind(target);
        if (!writes.has(String(name))) return method;
        return async (...args: unknown[]) => {
          if (this.dead) throw new Died('dead');
          this.commits += 1;
          this.dead = this.commits >= this.dieAt;
          if (this.dead && this.instead) throw new Died('dead');
          const result = await method(...args);
          if (this.dead) throw new Died('dead');
          return result;
        };
      },
    });
    return { ...record, runs, close: () => record.close() };
  }
}
