/** A tag of a document: its name, its attributes, and the names of the tags around it. */
export interface Tag {
  name: string;
  attributes: ReadonlyMap<string, string>;
  /** Text right behind it, up to the next tag. */
  text: string;
  closing: boolean;
  /** `<a/>` ends itself. */
  empty: boolean;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The tags of what `zypper --xmlout` prints, in their order; comments and declarations are left out. No more of XML is needed. */
export function tagsOf(document: string): Tag[] {
  return [
    ...document.matchAll(/<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>([^<]*)/g),
  ].map(([, closing, name = '', attributes = '', empty, text = '']) => ({
    name,
    attributes: new Map(
      [...attributes.matchAll(/([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, key = '', double, single]) => [
        key,
        plain(double ?? single ?? ''),
      ]),
    ),
    text: plain(text).trim(),
    closing: closing === '/',
    empty: empty === '/',
  }));
}

function plain(text: string): string {
  return text.replace(/&(#x?[0-9a-fA-F]+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? whole;
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return Number.isInteger(code) && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
