import { messageOf, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { ObjectStore } from '../ports.ts';
import type { Repository } from './open.ts';

/** An object that one leg could not give, or gave with other content. */
export interface LegDamage {
  object: string;
  location: string;
  problem: string;
}

/** Calls in a row that may fail for another reason than the object before a leg is taken for unreachable. */
const failuresUntilDown = 3;

/**
 * The legs that one reading may take objects from. The same object has the same bytes on each of them, so what one cannot
 * give is asked of the next. Whatever was wrong on the way is remembered, also when another leg made up for it.
 */
export class Copies {
  readonly damages: LegDamage[] = [];
  readonly #failures = new Map<ObjectStore, number>();
  /** Errors of calls that several readers waited for: each is one failure. */
  readonly #counted = new WeakSet<OaopsError>();
  readonly #stores: readonly ObjectStore[];

  constructor(stores: readonly ObjectStore[]) {
    this.#stores = stores;
  }

  /** In the order in which they are asked: those that seem to be down come last. */
  get stores(): ObjectStore[] {
    const isDown = (store: ObjectStore) => (this.#failures.get(store) ?? 0) >= failuresUntilDown;
    return [...this.#stores.filter((store) => !isDown(store)), ...this.#stores.filter(isDown)];
  }

  /** Remembers what was wrong, once for each object and leg. */
  note(store: ObjectStore, object: string, problem: string): void {
    const { location } = store;
    if (this.damages.some((one) => one.object === object && one.location === location)) return;
    this.damages.push({ object, location, problem });
  }

  worked(store: ObjectStore): void {
    this.#failures.delete(store);
  }

  /**
   * Whether the next leg is to be asked after this error. Throws it when it is none of the leg (a signal, no identity), or when no
   * leg can be reached any more: then the fault is not that of one object.
   */
  failed(store: ObjectStore, object: string, error: unknown): void {
    if (!(error instanceof OaopsError) || endsReading(error)) throw error;
    this.note(store, object, error.message);
    if (isOfObject(store, error) || this.#counted.has(error)) return;
    this.#counted.add(error);
    this.#failures.set(store, (this.#failures.get(store) ?? 0) + 1);
    const reachable = this.#stores.some((one) => (this.#failures.get(one) ?? 0) < failuresUntilDown);
    if (reachable) return;
    throw new OaopsError(error.code, error.message, {
      exitCode: error.exitCode,
      ...(error.next ? { next: error.next } : {}),
      details: { ...error.details, legsDown: true },
      cause: error,
    });
  }
}

/** One set of copies per opened repository. */
const known = new WeakMap<Repository, Copies>();

export function copiesOf(repository: Repository): Copies {
  const found = known.get(repository);
  if (found) return found;
  const made = new Copies([repository.store, ...(repository.others ?? [])]);
  known.set(repository, made);
  return made;
}

/**
 * What `read` makes of the first copy of an object that is right. `read` throws when a copy is not.
 * @throws OaopsError of the first leg, with what the others said, when no leg has it
 */
export async function readCopy<T>(
  repository: Repository,
  object: string,
  read: (store: ObjectStore) => Promise<T>,
): Promise<T> {
  const copies = copiesOf(repository);
  const errors: OaopsError[] = [];
  for (const store of copies.stores) {
    try {
      const value = await read(store);
      copies.worked(store);
      return value;
    } catch (error) {
      copies.failed(store, object, error);
      errors.push(error as OaopsError);
    }
  }
  throw noCopy(object, errors);
}

/** A wrong key is what to act on, whatever else was wrong. */
function noCopy(object: string, errors: readonly OaopsError[]): OaopsError {
  const first = errors.find(({ code }) => code === 'wrong-key') ?? errors.find(isNotMissing) ?? errors[0]!;
  if (errors.length === 1) return first;
  return new OaopsError(first.code, errors.map(messageOf).join('; '), {
    exitCode: first.exitCode,
    ...(first.next ? { next: first.next } : {}),
    details: { ...first.details, object },
    cause: first,
  });
}

function isNotMissing({ code }: OaopsError): boolean {
  return code !== 'object-missing';
}

/** Not the fault of one object, so that going on without it makes no sense. */
export function endsReading(error: OaopsError): boolean {
  const { code, exitCode, details } = error;
  const stopped = exitCode === ExitCode.sigint || exitCode === ExitCode.sigterm;
  return stopped || code === 'identity-missing' || details['legsDown'] === true;
}

/** Missing, cut, changed, or not readable by itself; not the leg as a whole. */
function isOfObject(store: ObjectStore, error: OaopsError): boolean {
  if (['object-missing', 'object-truncated', 'repository-damaged', 'format-unknown', 'wrong-key'].includes(error.code))
    return true;
  // A folder gives errors for single files: a bad sector, a wrong mode.
  return store.kind === 'directory' && error.code !== 'leg-changed' && error.code !== 'leg-missing';
}
