import type { Audit } from '../audit/audit.ts';
import { isRead, type ReadDirectory } from '../audit/read-all.ts';
import { Protection } from '../company/protection.ts';
import type { Company } from '../schema/spec.ts';
import { Belongings } from './belongings.ts';
import { Staff } from './staff.ts';

/** What planning for people goes by: who they are, what is theirs, and what may be touched. */
export interface Known {
  staff: Staff;
  belongings: Belongings;
  protection: Protection;
  /** Directories that were read, by their ids. */
  directories: ReadonlyMap<string, ReadDirectory>;
}

/** `actor`: whoever runs it, who never closes the account that they work with. */
export function knownOf(audit: Audit, { matching, protected: spared }: Company, actor: string): Known {
  return {
    staff: new Staff(audit.read.sources.filter(isRead), matching.ignoreCase),
    belongings: new Belongings(audit, matching.ignoreCase),
    protection: new Protection(spared, { names: [actor] }),
    directories: new Map(audit.read.directories.filter(isRead).map((one) => [one.spec.id, one])),
  };
}
