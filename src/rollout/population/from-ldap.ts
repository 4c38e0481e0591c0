import { isAbsolute, resolve } from 'node:path';
import { dnKey } from '../../core/dn.ts';
import { usageError } from '../../core/errors.ts';
import type { DirectoryDoor, DirectoryEntry, DirectorySearch } from '../ports.ts';
import { type Candidate, type Found, populationEmpty } from './members.ts';
import type { PopulationSpec } from './schema.ts';

type LdapSpec = Extract<PopulationSpec, { from: 'ldap' }>;

/** groupOfNames and groups of Active Directory; groupOfUniqueNames; posixGroup (RFC 2307), which names people by uid. */
const memberAttributes = ['member', 'uniqueMember', 'memberUid'];

/**
 * The entries that a search finds, of a group those that are its members. Members that are groups themselves are not followed, and members that
 * the search does not find are left out; the source says how many were found.
 * @throws OaopsError `directory-login`, `population-empty`, `member-id-missing`, `member-id-ambiguous` (exit 2) and those of the door
 */
export async function fromLdap(
  spec: LdapSpec,
  place: { door: DirectoryDoor; password?: string; baseDir: string; signal: AbortSignal },
): Promise<Found> {
  const { door, signal } = place;
  const connection = connectionOf(spec, place);
  const group = spec.group === undefined ? undefined : await groupMembers(spec.group);
  const attributes = [...new Set([spec.id, ...Object.values(spec.fields), ...(group ? ['uid'] : [])])];
  const found = await door.search(
    { ...connection, base: spec.base, scope: spec.scope, filter: spec.filter, attributes },
    signal,
  );
  const entries = group ? found.filter((entry) => group.has(entry)) : found;
  const source = `${spec.url.replace(/\/$/, '')}/${spec.base}??${spec.scope}?${spec.filter}`;
  return {
    source: group ? `${source} ${spec.group} ${entries.length}/${group.size}` : source,
    candidates: entries.map((entry): Candidate => {
      const vars = Object.entries(spec.fields).map(([field, attribute]) => [
        field,
        fieldOf(entry.attributes[attribute]),
      ]);
      return { id: idOf(entry, spec.id), vars: Object.fromEntries(vars), place: entry.dn };
    }),
  };

  async function groupMembers(dn: string) {
    const [entry] = await door.search(
      { ...connection, base: dn, scope: 'base', filter: '(objectClass=*)', attributes: memberAttributes },
      signal,
    );
    const valuesOf = (attribute: string) => entry?.attributes[attribute] ?? [];
    const dns = new Set([...valuesOf('member'), ...valuesOf('uniqueMember').map(withoutUniqueId)].map(dnKey));
    const uids = new Set(valuesOf('memberUid'));
    if (dns.size + uids.size === 0) throw populationEmpty(`the group ${dn} has no members`);
    return {
      size: dns.size + uids.size,
      has: ({ dn: member, attributes: { uid = [] } }: DirectoryEntry) =>
        dns.has(dnKey(member)) || uid.some((value) => uids.has(value)),
    };
  }
}

function connectionOf(
  spec: LdapSpec,
  { password, baseDir }: { password?: string; baseDir: string },
): Pick<DirectorySearch, 'url' | 'bind' | 'caFile' | 'startTls' | 'timeoutMs'> {
  // RFC 4513 section 5.1.2: a name without a password is let in as nobody, who may see only a part.
  if ((spec.bindDn === undefined) !== (password === undefined)) {
    throw usageError('directory-login', 'a login at the directory needs "bindDn" and "password"', {
      next: 'Give both, or neither to search without a login.',
    });
  }
  const { caFile } = spec;
  return {
    url: spec.url,
    startTls: spec.startTls,
    timeoutMs: spec.timeout,
    ...(spec.bindDn !== undefined && password !== undefined && { bind: { dn: spec.bindDn, password } }),
    ...(caFile !== undefined && { caFile: isAbsolute(caFile) ? caFile : resolve(baseDir, caFile) }),
  };
}

function idOf({ dn, attributes }: DirectoryEntry, attribute: string): string {
  const values = attributes[attribute] ?? [];
  if (values.length === 1) return values[0]!;
  if (values.length === 0) {
    throw usageError('member-id-missing', `${dn} has no value of ${attribute}`, {
      next: 'Leave it out by the filter, or choose another attribute as "id".',
    });
  }
  throw usageError(
    'member-id-ambiguous',
    `${dn} has ${values.length} values of ${attribute}: ${values.slice(0, 5).join(', ')}`,
    {
      next: 'Choose an attribute with one value as "id".',
    },
  );
}

/** One value as text, several as a list, none as null. */
function fieldOf(values: readonly string[] = []): unknown {
  return values.length > 1 ? values : (values[0] ?? null);
}

/** RFC 4517 section 3.3.21: a name may be followed by `#'0101'B`. */
function withoutUniqueId(name: string): string {
  return name.replace(/#'[01]*'B$/, '');
}
