import { type RoleMatrix, rightKey } from '../company/roles.ts';
import { managedRights, missingPlace, missingRights } from '../findings/rights.ts';
import { type KnownPerson, placesOf } from '../matching/people.ts';
import type { DirectorySpec } from '../schema/directories.ts';

/** Rights of one person in one directory, by department and post (AC-02). */
export interface DueRights {
  /** Rights that are due, by the names of the matrix; sorted. */
  rights: string[];
  /** `right: row of the matrix`, one line each. */
  because: string[];
  /** What is not known of the person although the matrix asks for it: nothing can be said of the rights. */
  missing?: 'department' | 'post';
}

/** What somebody is to have: what the matrix says, and nothing else. */
export function dueRights(person: KnownPerson, spec: DirectorySpec, roles: RoleMatrix): DueRights {
  const isManaged = managedRights({ spec, roles });
  if (!isManaged) return { rights: [], because: [] };
  const missing = missingPlace(person, { roles, spec });
  if (missing !== undefined) return { rights: [], because: [], missing };
  const rights = [...roles.due(placesOf(person), spec.id).values()].filter(isManaged).sort();
  const due = new Set(rights.map(rightKey));
  const because = roles
    .explain(person)
    .filter(({ directory, right }) => directory === spec.id && due.has(rightKey(right)))
    .map(({ right, because }) => `${right}: ${because.join(', ')}`);
  return { rights, because };
}

/** How rights held differ from rights due; only those that the matrix speaks of. */
export function differingRights(
  held: readonly string[],
  due: DueRights,
  { spec, roles }: { spec: DirectorySpec; roles: RoleMatrix },
): { beyond: string[]; missing: string[] } {
  const isManaged = managedRights({ spec, roles });
  if (!isManaged || due.missing !== undefined) return { beyond: [], missing: [] };
  const keys = new Map(due.rights.map((right) => [rightKey(right), right]));
  return {
    beyond: held.filter((right) => !keys.has(rightKey(right)) && isManaged(right)),
    missing: missingRights(keys, held),
  };
}
