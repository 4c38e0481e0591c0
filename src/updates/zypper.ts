import { answerTo, listsAge, type Section } from './sections.ts';
import { type Pending, type Update, unknown } from './types.ts';
import { type Tag, tagsOf } from './xml.ts';

/** zypper(8): 100 and 101 say that there are updates and security updates. 106, repositories passed over, is no answer. */
const answered = [0, 100, 101];

/**
 * SUSE and openSUSE, from `zypper --xmlout list-updates` and `list-patches`. Security, severity and CVE belong to patches; which of the
 * packages a patch brings is not told, so that of packages it is unknown.
 * @throws OaopsError `updates-unknown`
 */
export function readZypper(sections: ReadonlyMap<string, Section>): Pending {
  const lists = {
    updates: answerTo(sections, 'updates', answered).out,
    patches: answerTo(sections, 'patches', answered).out,
  };
  const packages = updatesIn(lists.updates);
  const patches = updatesIn(lists.patches);
  const cves = cvesOf([...patches, ...updatesIn(sections.get('cves')?.out ?? '', false)]);
  const age = listsAge(sections);
  if (packages.length + patches.length === 0 && age === null)
    throw unknown('the host has no package lists', 'Fetch them with --refresh.');
  return {
    updates: [
      ...patches.map(({ tag }) => patchOf(tag, cves)),
      ...packages.map(
        ({ tag: { attributes } }): Update => ({
          name: attributes.get('name')!,
          kind: 'package',
          installed: attributes.get('edition-old') ?? null,
          available: attributes.get('edition') ?? null,
          security: null,
          severity: null,
          cves: null,
          held: false,
        }),
      ),
    ],
    locked: locksIn(sections.get('locks')?.out ?? ''),
    reboot: rebootOf(sections.get('reboot')),
    listsAgeSeconds: age,
    unratedReason: 'zypper does not say it of packages',
    notUnderstood: [...oddIn(lists.updates, packages.length), ...oddIn(lists.patches, patches.length)],
  };
}

interface Listed {
  tag: Tag;
  cves: string[];
}

/** The `<update>` tags of a list with the CVE ids inside of each. @throws OaopsError `updates-unknown` when there is no whole list */
function updatesIn(document: string, whole = true): Listed[] {
  const listed: Listed[] = [];
  let begun = false;
  let ended = false;
  for (const tag of tagsOf(document)) {
    if (tag.name === 'update-list') {
      begun ||= !tag.closing;
      ended ||= tag.closing || tag.empty;
    } else if (tag.name === 'update' && !tag.closing && tag.attributes.get('name')) listed.push({ tag, cves: [] });
    else if (tag.name === 'issue' && /^cve$/i.test(tag.attributes.get('type') ?? '')) {
      const id = /CVE-\d{4}-\d+/.exec(tag.attributes.get('id') ?? '')?.[0];
      if (id !== undefined) listed.at(-1)?.cves.push(id);
    }
  }
  if (whole && !(begun && ended)) throw unknown('the answer of zypper is not understood');
  return listed;
}

/** The tags of updates that could not be read: those without a name, or not as XML has them. */
function oddIn(document: string, understood: number): string[] {
  const tags = [...document.matchAll(/<update(?=[\s/>])[^>]*>?/g)].map(([tag]) => tag);
  if (tags.length === understood) return [];
  const nameless = tags.filter((tag) => updatesIn(tag, false).length === 0);
  return nameless.length > 0 ? nameless : tags.slice(understood);
}

function cvesOf(listed: readonly Listed[]): ReadonlyMap<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { tag, cves } of listed) {
    const name = tag.attributes.get('name')!;
    const known = found.get(name) ?? new Set<string>();
    found.set(name, known);
    for (const id of cves) known.add(id);
  }
  return found;
}

function patchOf({ attributes }: Tag, cves: ReadonlyMap<string, Set<string>>): Update {
  const name = attributes.get('name')!;
  const severity = attributes.get('severity');
  const ids = [...(cves.get(name) ?? [])].sort();
  return {
    name,
    kind: 'patch',
    installed: null,
    available: attributes.get('edition') ?? null,
    security: attributes.has('category') ? attributes.get('category') === 'security' : null,
    severity: severity === undefined || ['', 'unspecified'].includes(severity) ? null : severity,
    cves: ids.length > 0 ? ids : null,
    held: false,
  };
}

function locksIn(document: string): string[] {
  const tags = tagsOf(document);
  let inside = false;
  const names: string[] = [];
  for (const { name, closing, text } of tags) {
    if (name === 'lock') inside = !closing;
    else if (inside && name === 'name' && !closing && text !== '') names.push(text);
  }
  return names;
}

/** 102 = a reboot is needed; older versions have no such command and end with 2. */
function rebootOf(section: Section | undefined): Pending['reboot'] {
  if (section?.exitCode === 102) return 'needed';
  return section?.exitCode === 0 ? 'not-needed' : 'unknown';
}
