import type { Found } from './people.ts';

/** What a source said, before its health is looked at. */
export interface Reading {
  found: Found;
  address: string;
  /** Of files. */
  modifiedMs?: number;
  problems: string[];
}
