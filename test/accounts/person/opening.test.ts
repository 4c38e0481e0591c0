import { describe, expect, it } from 'vitest';
import { closeAccount, type Deliver, type OpeningItem, openAccount } from '../../../src/accounts/person/opening.ts';
import { oneTimePassword } from '../../../src/accounts/person/password.ts';
import { entriesOf } from '../../../src/accounts/record/entries.ts';
import { openingsOfRun } from '../../../src/accounts/report/entries.ts';
import { asNotBegun, OaopsError } from '../../../src/core/errors.ts';
import type { FactStore } from '../../../src/record/types.ts';
import { Died, MemoryDirectory } from '../../helpers/memory-directory.ts';
import { memoryFacts } from '../../helpers/probe.ts';

const item: OpeningItem = {
  line: 'l1',
  directory: 'mem',
  login: 'zhang',
  person: 'E2',
  personName: '张三',
  attributes: { employee: 'E2', personName: '张三' },
  rights: ['read', 'sell'],
  because: [],
  passwordLength: 16,
  remindSecondFactor: true,
  mails: {},
};

/** A directory, a record and a channel that die at the n-th thing that they do, before it is done or after. */
class Mortal {
  readonly directory = new MemoryDirectory();
  readonly delivered: string[] = [];
  readonly #facts = memoryFacts();
  #left = Number.POSITIVE_INFINITY;
  #after = false;

  dieAt(count: number, after: boolean): void {
    this.#left = count;
    this.#after = after;
  }

  live(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  get died(): boolean {
    return this.#left <= 0;
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    // A process that was killed does nothing any more, not even tidy up.
    if (this.#left <= 0) throw new Died();
    this.#left--;
    if (this.#left === 0 && !this.#after) throw new Died();
    const done = await work();
    if (this.#left === 0) throw new Died();
    return done;
  }

  async open(password: string) {
    const facts: FactStore = {
      ...this.#facts,
      add: (...given: Parameters<FactStore['add']>) => this.#do(() => this.#facts.add(...given)),
    };
    const { directory } = this;
    const mortal = Object.create(directory) as MemoryDirectory;
    mortal.create = (account) => this.#do(() => directory.create(account));
    mortal.change = (...given) => this.#do(() => directory.change(...given));
    const deliver: Deliver = (_login, text) => this.#do(async () => void this.delivered.push(text));
    const { signal } = new AbortController();
    const work = { facts, run: 'r1', nowMs: () => 1_700_000_000_000, signal, stopping: signal };
    return openAccount(mortal, item, { password, deliver }, work);
  }

  close() {
    const { signal } = new AbortController();
    const work = { facts: this.#facts, run: 'r1', nowMs: () => 1_700_000_000_000, signal, stopping: signal };
    return closeAccount(this.directory, item, work);
  }

  account() {
    expect(this.directory.entries.size).toBe(1);
    return [...this.directory.entries.values()][0]!;
  }
}

describe('openAccount', () => {
  it('makes one account with its rights, and somebody has its password, wherever it was killed', async () => {
    for (const after of [false, true])
      for (let count = 1; ; count++) {
        const world = new Mortal();
        world.dieAt(count, after);
        const first = await world.open('first').catch((error: unknown) => error);
        const killed = world.died;
        world.live();
        if (killed) await world.open('second');
        else expect(first).toMatchObject({ left: [] });
        expect(world.account()).toMatchObject({ login: 'zhang', rights: ['read', 'sell'], employee: 'E2' });
        expect(world.delivered.at(-1)).toBe(world.account().password);
        if (killed) continue;
        expect(count).toBeGreaterThan(8);
        break;
      }
  });

  it('leaves an account alone that somebody else may have made, and tells it', async () => {
    const world = new Mortal();
    world.dieAt(3, false);
    await expect(world.open('first')).rejects.toBeInstanceOf(Died);
    world.live();
    const theirs = { login: 'zhang', enabled: true, rights: [], place: 'people', employee: 'E2', password: 'theirs' };
    for (const other of [{ createdAt: 1_600_000_000_000 }, {}, { employee: 'E9', createdAt: 1_700_000_001_000 }]) {
      world.directory.entries.set('k9', { ...theirs, ...other });
      await expect(world.open('second')).rejects.toMatchObject({ code: 'account-half-made', exitCode: 3 });
      expect(world.account().password).toBe('theirs');
    }
    expect(world.delivered).toEqual([]);
  });

  it('does not remove what was there before it', async () => {
    const world = new Mortal();
    const there = {
      login: 'zhang',
      enabled: true,
      rights: [],
      place: 'people',
      employee: 'E2',
      createdAt: 1_700_000_000_000,
    };
    world.directory.entries.set('k9', there);
    for (let time = 0; time < 2; time++)
      await expect(world.open('first')).rejects.toMatchObject({ code: 'account-exists', exitCode: 4 });
    expect(world.account()).toEqual(there);
    expect(await world.close()).toBeUndefined();
  });

  it('takes an account as handed over when somebody has logged in with it since', async () => {
    const world = new Mortal();
    // Right after the password was delivered.
    world.dieAt(8, true);
    await expect(world.open('first')).rejects.toThrow();
    expect(world.delivered).toEqual(['first']);
    world.live();
    world.account().lastUseAt = 1_700_000_000_500;
    await world.open('second');
    expect(world.account().password).toBe('first');
    await expect(world.close()).rejects.toMatchObject({ code: 'account-in-use', exitCode: 4 });
    delete world.account().lastUseAt;
    expect(await world.close()).toEqual(['delete zhang']);
    expect(world.directory.entries.size).toBe(0);
  });

  it('tells that an account stays when it can be neither delivered nor removed', async () => {
    const directory = new MemoryDirectory();
    const { signal } = new AbortController();
    const work = { facts: memoryFacts(), run: 'r1', nowMs: () => 0, signal, stopping: signal };
    const deliver = async () => {
      throw new OaopsError('password-undelivered', 'the password did not get there');
    };
    // Its second call that changes something is the grant; the third takes the account away.
    directory.dieAt = 3;
    await expect(openAccount(directory, item, { password: 'p', deliver }, work)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('could not be removed again'),
    });
  });
});

describe('what is told of an opening', () => {
  const { signal } = new AbortController();

  async function shown(spoil: (directory: MemoryDirectory) => void, deliver: Deliver) {
    const directory = new MemoryDirectory();
    spoil(directory);
    const facts = memoryFacts();
    const work = { facts, run: 'r1', nowMs: () => 0, signal, stopping: signal };
    await openAccount(directory, item, { password: 'p', deliver }, work).catch(() => undefined);
    const [entry] = openingsOfRun([item], {
      entries: await entriesOf(facts, 'r1'),
      refusals: new Map(),
      decisions: new Map(),
    });
    return entry;
  }
  const handedOver: Deliver = async () => undefined;

  it('is that nothing was made where the directory says so', async () => {
    const refuse = (error: OaopsError) => (directory: MemoryDirectory) => {
      directory.create = () => Promise.reject(error);
    };
    for (const error of [asNotBegun(new OaopsError('a', 'no')), new OaopsError('b', 'no', { exitCode: 4 })]) {
      const entry = await shown(refuse(error), handedOver);
      expect(entry).toMatchObject({ state: 'left', cutOff: [], done: [], left: ['no'] });
      expect(entry).not.toHaveProperty('restored');
    }
    const unknown = await shown(refuse(new OaopsError('c', 'the connection is gone')), handedOver);
    expect(unknown).toMatchObject({ state: 'part', cutOff: ['create'] });
  });

  it('is that nobody has the password, as long as it was not handed over', async () => {
    const kill: Deliver = async () => {
      throw new Died();
    };
    // The process died with its way to the password: it took nothing away again.
    const cut = await shown((directory) => {
      const { change } = directory;
      directory.change = (...given) =>
        given[1].do === 'delete' ? Promise.reject(new Died()) : change.apply(directory, given);
    }, kill);
    expect(cut).toMatchObject({ state: 'part', left: [expect.stringContaining('password was not handed over')] });
    expect(await shown(() => undefined, handedOver)).toMatchObject({ state: 'done', left: [] });
    expect(await shown(() => undefined, kill)).toMatchObject({ state: 'restored', left: [] });
  });
});

describe('oneTimePassword', () => {
  it('has each class of signs, and none that look alike', () => {
    for (let time = 0; time < 200; time++)
      expect(oneTimePassword(random, 16)).toMatch(/^(?=.*[A-Z])(?=.*[a-z])(?=.*[2-9])(?=.*[+\-.,=%])[^0O1Il]{16}$/);
  });

  it('has every sign of a class as often as the others', () => {
    const counts = new Map<string, number>();
    for (let time = 0; time < 10_000; time++)
      for (const sign of oneTimePassword(random, 16)) counts.set(sign, (counts.get(sign) ?? 0) + 1);
    const letters = [...counts].filter(([sign]) => /[A-Z]/.test(sign)).map(([, count]) => count);
    // Bytes that were taken by their remainder would make it 1.2.
    expect(Math.max(...letters) / Math.min(...letters)).toBeLessThan(1.16);
  });
});

/** Bytes of xorshift32: the same in each run. */
let state = 0x9e3779b9;
function random(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 8) & 255;
  });
}
