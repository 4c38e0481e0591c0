import type { LdapEntry } from '../../accounts/ports.ts';
import { OaopsError } from '../../core/errors.ts';
import type { DirectoryDoor, DirectoryEntry } from '../../rollout/ports.ts';
import { connectBy, farewell, timeLimitSeconds, wayTo, withinTime } from './connection.ts';
import { filterOf } from './filters.ts';
import { pagesOf } from './pages.ts';

/**
 * Searches in LDAP directories, Active Directory included: one connection a search, its messages by `ldapts`. The time is for the whole search.
 * A password never crosses a network in clear.
 * @throws OaopsError as the port says; `directory-tls`, `directory-value`, `directory-failed`; `directory-base-missing`, `directory-filter`,
 *   `directory-url`, `ca-file-unreadable` (exit 2), `directory-plain-login` (exit 4)
 */
export function directoryDoor(): DirectoryDoor {
  return {
    async search(request, signal) {
      signal.throwIfAborted();
      const way = wayTo(request);
      const search = { ...request, filter: filterOf(request.filter) };
      return withinTime(way.place, request.timeoutMs, signal, async (both) => {
        const conversation = await connectBy(way, both);
        try {
          const entries: DirectoryEntry[] = [];
          const asking = {
            conversation,
            place: way.place.shown,
            timeLimitSeconds: timeLimitSeconds(request.timeoutMs),
            within: <T>(send: (signal: AbortSignal) => Promise<T>) => send(both),
          };
          for await (const page of pagesOf(asking, search)) for (const entry of page) entries.push(asText(entry));
          return entries;
        } finally {
          farewell(conversation);
        }
      });
    },
  };
}

/** @throws OaopsError `directory-value` for a value that is no text */
function asText({ dn, attributes }: LdapEntry): DirectoryEntry {
  for (const [attribute, values] of Object.entries(attributes)) {
    if (values.every((value) => typeof value === 'string')) continue;
    throw new OaopsError('directory-value', `${attribute} of ${dn} is not text`, {
      exitCode: 2,
      next: 'Choose another attribute.',
    });
  }
  return { dn, attributes: attributes as Record<string, string[]> };
}
