import type { Requests } from './access-log.ts';
import type { Measured } from './measure.ts';

export const operations = ['full', 'unchanged', 'changed', 'inserted', 'verify', 'restore'] as const;
export type Operation = (typeof operations)[number];

export interface Sample extends Measured {
  round: number;
  /** In the repository after it; of operations that store. */
  storedBytes?: number;
  /** On S3. */
  requests?: Requests;
}

/** What was measured, by corpus, operation and tool; and what failed, which is never left out in silence. */
export class Results {
  readonly #samples = new Map<string, Sample[]>();
  readonly failures: string[] = [];

  add(corpus: string, operation: Operation, tool: string, sample: Sample): void {
    const key = `${corpus}/${operation}/${tool}`;
    this.#samples.set(key, [...(this.#samples.get(key) ?? []), sample]);
  }

  of(corpus: string, operation: Operation, tool: string): readonly Sample[] {
    return this.#samples.get(`${corpus}/${operation}/${tool}`) ?? [];
  }

  /** A figure of one tool divided by that of another, each pair from one round. */
  ratios(
    corpus: string,
    operation: Operation,
    tools: readonly [string, string],
    figure: (of: Sample) => number,
  ): number[] {
    const others = this.of(corpus, operation, tools[1]);
    return this.of(corpus, operation, tools[0]).flatMap((sample) => {
      const other = others.find(({ round }) => round === sample.round);
      return other === undefined ? [] : [figure(sample) / figure(other)];
    });
  }
}
