import { BerWriter, Control, type Filter, PagedResultsControl, SearchRequest } from 'ldapts';
import type { LdapEntry } from '../../accounts/ports.ts';
import { dnKey, isWithin } from '../../core/dn.ts';
import type { Answer, Conversation } from './conversation.ts';
import { entryReader, type Rest } from './entries.ts';
import { partial, printable, searchError } from './errors.ts';
import { filterOf } from './filters.ts';

const usualPageSize = 500;
const matchedValuesOid = '1.2.826.0.1.3344810.2.3';
/** A directory may send pages without entries; one that sends only those never ends. */
const maxEmptyPages = 1000;

export interface Asking {
  conversation: Conversation;
  /** The words for the directory. */
  place: string;
  timeLimitSeconds: number;
  /** Sends one request. */
  within(send: (signal: AbortSignal) => Promise<Answer>): Promise<Answer>;
}

export interface Search {
  base: string;
  scope: 'base' | 'one' | 'sub';
  filter: Filter;
  attributes: readonly string[];
  pageSize?: number;
  matched?: readonly Filter[];
}

/** Pages of entries as they come, each entry once and with all of its values. Whatever is not everything is an error. */
export async function* pagesOf(asking: Asking, search: Search): AsyncGenerator<LdapEntry[], void, void> {
  const readEntry = entryReader(search.attributes);
  const expected = expectation(asking.place, search.base);
  let cookie: Buffer | undefined;
  let emptyPages = 0;
  do {
    const answer: Answer = await ask(asking, search, cookie);
    const page: LdapEntry[] = [];
    for (const raw of answer.entries) {
      expected(raw.name);
      const { entry, rests } = readEntry(raw);
      for (const rest of rests) await readRest(asking, entry, rest);
      page.push(entry);
    }
    emptyPages = page.length === 0 ? emptyPages + 1 : 0;
    if (emptyPages > maxEmptyPages)
      throw partial(asking.place, 'its pages do not end', 'Look into the log of the directory.');
    const paged = pagedOf(answer);
    if (!paged && search.scope !== 'base') await requireWhole(asking, search, page.length, cookie !== undefined);
    cookie = paged?.value?.cookie;
    if (page.length > 0) yield page;
  } while (cookie?.length);
}

function pagedOf({ result }: Answer): PagedResultsControl | undefined {
  return result.controls?.find((control) => control instanceof PagedResultsControl);
}

/** Refuses what a search cannot give: a page that comes again would never end, and what lies elsewhere was not asked for. */
function expectation(place: string, base: string): (name: string) => void {
  const seen = new Set<string>();
  // `<GUID=...>` names an entry, not a place.
  const end = base.trim() === '' || base.startsWith('<') ? undefined : `,${base}`;
  return (name) => {
    const isPlain = end === undefined || (name.endsWith(end) && name.at(-end.length - 1) !== '\\');
    if (!isPlain && !isWithin(name, base))
      throw partial(
        place,
        `it gives ${shownName(name)}, which is not below ${base}`,
        'Look into the log of the directory.',
      );
    if (seen.has(name))
      throw partial(place, `it gives ${shownName(name)} twice`, 'Read it again; look into the log of the directory.');
    seen.add(name);
  };
}

/**
 * A server that knows pages says with each of them whether another one follows (RFC 2696 section 3). One that does not know them gives everything; when that is
 * exactly what a page holds, somebody in between may have cut it: a larger page tells.
 */
async function requireWhole(asking: Asking, search: Search, entries: number, isPaged: boolean): Promise<void> {
  const { pageSize = usualPageSize } = search;
  if (!isPaged && entries !== pageSize) return;
  if (!isPaged) {
    const again = await ask(asking, { ...search, pageSize: pageSize + 1 });
    if (!pagedOf(again) && again.entries.length === entries) return;
  }
  throw partial(
    asking.place,
    'it does not say whether a page is the last one',
    'Name the server itself in "url", without a proxy that leaves out controls.',
  );
}

/** What a server says is not for the terminal to obey. */
function shownName(name: string): string {
  return printable(name) || '""';
}

/** One page, or one entry: whatever is no whole answer is an error. */
async function ask(
  { conversation, place, timeLimitSeconds, within }: Asking,
  { base, scope, filter, attributes, pageSize = usualPageSize, matched }: Search,
  cookie?: Buffer,
): Promise<Answer> {
  const paged = new PagedResultsControl({ value: { size: pageSize, ...(cookie && { cookie }) } });
  const controls = [...(scope === 'base' ? [] : [paged]), ...(matched ? [new MatchedValues(matched)] : [])];
  const answer = await within((signal) =>
    conversation.send(
      (messageId) =>
        new SearchRequest({
          messageId,
          baseDN: base,
          scope,
          filter,
          attributes: [...attributes],
          timeLimit: timeLimitSeconds,
          controls,
        }),
      signal,
    ),
  );
  if (answer.result.status !== 0) throw searchError(place, base, answer.result);
  const elsewhere = answer.references.find((url) => !holdsNobody(url));
  if (elsewhere === undefined) return answer;
  throw partial(
    place,
    `it refers to ${elsewhere.replace(/[\p{Cc}?]+.*$/su, '')}`,
    'Search below a base that this server holds, or at the global catalogue of Active Directory (port 3268).',
  );
}

/** Not critical: a server that does not know it sends all values. */
class MatchedValues extends Control {
  #filters: readonly Filter[];

  constructor(filters: readonly Filter[]) {
    super(matchedValuesOid);
    this.#filters = filters;
  }

  override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    for (const filter of this.#filters) filter.write(value);
    value.endSequence();
    writer.writeBuffer(value.buffer, 0x04);
  }
}

/**
 * The top of a domain of Active Directory always refers to its configuration and to the zones of its names ([MS-ADTS] section 3.1.1.1.5), which hold
 * no people.
 */
function holdsNobody(url: string): boolean {
  return /^ldaps?:\/\/[^/]*\/(CN=Configuration|DC=(Domain|Forest)DnsZones),DC=/i.test(url);
}

async function readRest(asking: Asking, entry: LdapEntry, { attribute, from }: Rest): Promise<void> {
  const filter = filterOf('(objectClass=*)');
  for (let next: number | undefined = from; next !== undefined; ) {
    const asked = `${attribute};range=${next}-*`;
    const answer = await ask(asking, { base: entry.dn, scope: 'base', filter, attributes: [asked] });
    const read = answer.entries.map(entryReader([attribute]));
    const values = read[0]?.entry.attributes[attribute] ?? [];
    entry.attributes[attribute] = [...entry.attributes[attribute]!, ...values];
    const following = read[0]?.rests[0]?.from;
    const whole =
      read.length === 1 &&
      dnKey(read[0]!.entry.dn) === dnKey(entry.dn) &&
      values.length > 0 &&
      (following === undefined || following === next + values.length);
    if (!whole) throw partial(asking.place, `${attribute} of ${entry.dn} ends in the middle`, 'Read it again.');
    next = following;
  }
}
