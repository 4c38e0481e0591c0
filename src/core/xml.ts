import { OaopsError } from './errors.ts';

/** What stands in a document, in its order. `path` holds the names of the elements around, the own one last; it is the reader's. */
export interface XmlEvents {
  open?(path: readonly string[], attributes: ReadonlyMap<string, string>): void;
  /** At the end of an element: its own text, without that of the elements in it. */
  close?(path: readonly string[], text: string): void;
}

export interface XmlLimits {
  /** Elements in one another. */
  depth: number;
  /** Characters of one tag, of a declaration, or of what is kept of a text: more of a text is left out, more of a tag is an error. */
  piece: number;
}

const usualLimits: XmlLimits = { depth: 100, piece: 64 * 1024 };
const entities: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);
/** What is no element: how it begins and ends, and whether it is text. */
const sections = [
  ['<!--', '-->', false],
  ['<![CDATA[', ']]>', true],
  ['<?', '?>', false],
] as const;
const attribute = /\s+([^\s=/>"'<]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;

/**
 * Reads XML as it comes, piece by piece, in bounded memory. Declarations of types are passed over and never fetched; one that declares anything,
 * and entities beyond the five of XML, are refused: no document can grow by what it declares. Namespaces are part of names.
 * @throws OaopsError `xml-invalid`
 */
export class XmlReader {
  readonly #events: XmlEvents;
  readonly #limits: XmlLimits;
  readonly #path: string[] = [];
  readonly #texts: string[] = [];
  #rest = '';
  /** What ends the piece that is being passed over, and whether it is text. */
  #inside: { end: string; text: boolean } | undefined;
  #rootEnded = false;

  constructor(events: XmlEvents, limits: Partial<XmlLimits> = {}) {
    this.#events = events;
    this.#limits = { ...usualLimits, ...limits };
  }

  push(piece: string): void {
    this.#rest += piece;
    while (this.#step());
  }

  /** @throws OaopsError `xml-invalid` when something is missing */
  end(): void {
    if (this.#rest.trim() !== '' || this.#inside || this.#path.length > 0 || !this.#rootEnded)
      throw invalid('it ends too early');
  }

  /** Whether there may be more in what has come. */
  #step(): boolean {
    if (this.#inside) return this.#passOver(this.#inside);
    const rest = this.#rest;
    const at = rest.indexOf('<');
    if (at < 0) {
      // An entity may be cut in two.
      const cut = rest.lastIndexOf('&');
      const whole = cut >= 0 && rest.length - cut < 12 ? cut : rest.length;
      this.#text(rest.slice(0, whole), true);
      this.#rest = rest.slice(whole);
      return false;
    }
    if (at > 0) this.#text(rest.slice(0, at), true);
    this.#rest = at === 0 ? rest : rest.slice(at);
    return this.#tag();
  }

  #passOver({ end, text }: { end: string; text: boolean }): boolean {
    const at = this.#rest.indexOf(end);
    const known = at < 0 ? Math.max(0, this.#rest.length - end.length + 1) : at;
    if (text) this.#text(this.#rest.slice(0, known), false);
    this.#rest = this.#rest.slice(at < 0 ? known : at + end.length);
    if (at < 0) return false;
    this.#inside = undefined;
    return true;
  }

  #tag(): boolean {
    const rest = this.#rest;
    for (const [start, end, text] of /[a-zA-Z/]/.test(rest.charAt(1)) ? [] : sections) {
      if (rest.startsWith(start)) {
        this.#inside = { end, text };
        this.#rest = rest.slice(start.length);
        return true;
      }
      if (start.startsWith(rest)) return false;
    }
    const end = endOfTag(rest);
    if (end < 0) {
      if (rest.length > this.#limits.piece) throw invalid('a tag is too long');
      return false;
    }
    const inner = rest.slice(1, end);
    if (inner.length > this.#limits.piece) throw invalid('a tag is too long');
    this.#rest = rest.slice(end + 1);
    if (inner.startsWith('!')) {
      if (!/^!DOCTYPE\s/.test(inner) || inner.includes('[') || this.#path.length > 0)
        throw invalid('it declares entities or types of its own');
    } else if (inner.startsWith('/')) this.#close(inner.slice(1).trim());
    else this.#open(inner);
    return true;
  }

  #open(inner: string): void {
    const empty = inner.endsWith('/');
    const body = empty ? inner.slice(0, -1) : inner;
    const name = /^[^\s=/>"'<&!]+/.exec(body)?.[0];
    if (name === undefined || this.#rootEnded) throw invalid('it has a tag where none can be');
    const attributes = new Map<string, string>();
    let at = name.length;
    while (at < body.length) {
      attribute.lastIndex = at;
      const match = attribute.exec(body);
      if (!match) break;
      attributes.set(match[1]!, plain(match[2] ?? match[3] ?? ''));
      at = attribute.lastIndex;
    }
    if (body.slice(at).trim() !== '') throw invalid(`the tag ${name.slice(0, 40)} is broken`);
    if (this.#path.length >= this.#limits.depth) throw invalid('it has too many tags in one another');
    this.#path.push(name);
    this.#texts.push('');
    this.#events.open?.(this.#path, attributes);
    if (empty) this.#close(name);
  }

  #close(name: string): void {
    if (this.#path.at(-1) !== name) throw invalid(`the tag ${name.slice(0, 40)} ends where it did not begin`);
    this.#events.close?.(this.#path, this.#texts.pop()!);
    this.#path.pop();
    if (this.#path.length === 0) this.#rootEnded = true;
  }

  #text(text: string, encoded: boolean): void {
    if (text === '') return;
    const at = this.#texts.length - 1;
    if (at < 0) {
      if (text.replaceAll('\ufeff', '').trim() !== '') throw invalid('it has text around its tags');
      return;
    }
    const before = this.#texts[at]!;
    const value = encoded ? plain(text) : text;
    if (before.length < this.#limits.piece)
      this.#texts[at] = before + value.slice(0, this.#limits.piece - before.length);
  }
}

/** Place of the `>` that ends the tag at the beginning of `text`; -1: it has not come. Quoted values may hold one. */
function endOfTag(text: string): number {
  let quote = 0;
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === 34 || code === 39) quote = code;
    else if (code === 62) return at;
  }
  return -1;
}

function plain(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&]{0,10};)?/g, (_whole, name: string | undefined) => {
    const found = name === undefined ? undefined : (entities.get(name.slice(0, -1)) ?? character(name.slice(0, -1)));
    if (found === undefined) throw invalid('it uses entities that are not of XML itself');
    return found;
  });
}

function character(name: string): string | undefined {
  const code = /^#x[0-9a-fA-F]+$/.test(name)
    ? Number.parseInt(name.slice(2), 16)
    : /^#\d+$/.test(name)
      ? Number(name.slice(1))
      : Number.NaN;
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

function invalid(why: string): OaopsError {
  return new OaopsError('xml-invalid', `the document is not the XML that is read here: ${why}`);
}
