import type { Cadence } from '../cadence.ts';

/** English and Chinese, in the terms of the handbooks. */
export type BothLanguages = { en: string; 'zh-CN': string };

export const areas = ['BK', 'UP', 'IN', 'AC', 'SV', 'EM', 'PF', 'RP'] as const;
export type Area = (typeof areas)[number];

/** One procedure of the handbooks: a row of docs/procedures.md. */
export interface Procedure {
  /** What a runbook names in `metadata.procedures`, such as BK-02. Its letters are the area. */
  id: `${Area}-${number}`;
  title: BothLanguages;
  /** When it is to be done, in the words of the handbook. */
  stated: BothLanguages;
  /** The same for the machine; a site can change it in its configuration. */
  cadence: Cadence;
  /** Kept by the record itself: nobody carries it out, and no run counts for it. */
  byItself?: true;
  figures: BothLanguages;
}
