/**
 * Values in Ansible INI inventories are Python literals where they parse as one, else text (`ast.literal_eval`; Ansible
 * user guide, "Defining variables in INI format"). Tuples and sets become lists; numbers that JSON cannot hold exactly stay
 * the text they were written as.
 */
export function pythonLiteral(text: string): unknown {
  try {
    const reader = new LiteralReader(text);
    return reader.whole();
  } catch (error) {
    if (error instanceof NotALiteral) return text;
    throw error;
  }
}

class NotALiteral extends Error {}

const numberForm =
  /[-+]?(?:0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[oO][0-7]+(?:_[0-7]+)*|0[bB][01]+(?:_[01]+)*|(?:\d+(?:_\d+)*)?\.?(?:\d+(?:_\d+)*)?(?:[eE][-+]?\d+)?)/y;
const words: Record<string, unknown> = { True: true, False: false, None: null };
const escapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};
const maxDepth = 100;

class LiteralReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const value = this.#value();
    this.#space();
    // Python reads a comment behind the value as what it is.
    if (this.#at < this.#text.length && this.#text[this.#at] !== '#') throw new NotALiteral();
    return value;
  }

  #value(): unknown {
    this.#space();
    const char = this.#text[this.#at] ?? '';
    const prefix = /[rRuUbB]?(['"])/y;
    prefix.lastIndex = this.#at;
    if (prefix.test(this.#text)) return this.#strings();
    if (char === '[') return this.#items(']');
    if (char === '(') return this.#tuple();
    if (char === '{') return this.#dictOrSet();
    const word = /[A-Za-z_]\w*/y;
    word.lastIndex = this.#at;
    const name = word.exec(this.#text)?.[0];
    if (name !== undefined) {
      if (!Object.hasOwn(words, name)) throw new NotALiteral();
      this.#at += name.length;
      return words[name];
    }
    return this.#number();
  }

  #number(): number | string {
    numberForm.lastIndex = this.#at;
    const source = numberForm.exec(this.#text)?.[0] ?? '';
    // Python refuses leading zeros: 007 is text.
    if (!/\d/.test(source) || /^[-+]?0+[1-9]\d*$/.test(source) || /^[-+]?[eE]/.test(source)) throw new NotALiteral();
    this.#at += source.length;
    if (/[\w.]/.test(this.#text[this.#at] ?? '')) throw new NotALiteral();
    const digits = source.replaceAll('_', '');
    const number = /^[-+]/.test(digits) ? Number(digits.slice(1)) * (digits[0] === '-' ? -1 : 1) : Number(digits);
    const isInteger = /^[-+]?(\d+|0[xXoObB][0-9a-fA-F]+)$/.test(digits);
    if (!Number.isFinite(number) || (isInteger && !Number.isSafeInteger(number))) throw new NotALiteral();
    return Object.is(number, -0) ? 0 : number;
  }

  /** One or several strings side by side are one string. */
  #strings(): string {
    let result = '';
    for (;;) {
      this.#space();
      const start = /([rRuUbB]?)('''|"""|'|")/y;
      start.lastIndex = this.#at;
      const found = start.exec(this.#text);
      if (!found) return result;
      this.#at += found[0].length;
      result += this.#string(found[2]!, /r/i.test(found[1]!));
    }
  }

  #string(quote: string, raw: boolean): string {
    let result = '';
    while (!this.#text.startsWith(quote, this.#at)) {
      const char = this.#text[this.#at++];
      if (char === undefined) throw new NotALiteral();
      if (char !== '\\') {
        result += char;
        continue;
      }
      const next = this.#text[this.#at++];
      if (next === undefined) throw new NotALiteral();
      if (raw) result += char + next;
      else result += this.#escape(next);
    }
    this.#at += quote.length;
    return result;
  }

  #escape(next: string): string {
    const simple = escapes[next];
    if (simple !== undefined) return simple;
    const length = { x: 2, u: 4, U: 8 }[next];
    if (length !== undefined) {
      const hex = this.#text.slice(this.#at, this.#at + length);
      const code = /^[0-9a-fA-F]+$/.test(hex) && hex.length === length ? Number.parseInt(hex, 16) : Number.NaN;
      if (!(code <= 0x10ffff)) throw new NotALiteral();
      this.#at += length;
      return String.fromCodePoint(code);
    }
    if (/[0-7]/.test(next)) {
      const more = /^[0-7]{0,2}/.exec(this.#text.slice(this.#at))![0];
      this.#at += more.length;
      return String.fromCharCode(Number.parseInt(next + more, 8));
    }
    return `\\${next}`;
  }

  #items(end: string): unknown[] {
    this.#enter();
    const items: unknown[] = [];
    while (!this.#ends(end)) {
      items.push(this.#value());
      if (!this.#comma(end)) break;
    }
    this.#leave(end);
    return items;
  }

  /** `(1)` is the number, `(1,)` and `()` are tuples. */
  #tuple(): unknown {
    this.#enter();
    if (this.#ends(')')) {
      this.#leave(')');
      return [];
    }
    const items = [this.#value()];
    let several = false;
    while (this.#comma(')')) {
      several = true;
      if (this.#ends(')')) break;
      items.push(this.#value());
    }
    this.#leave(')');
    return several ? items : items[0];
  }

  #dictOrSet(): unknown {
    this.#enter();
    const entries: [string, unknown][] = [];
    const items: unknown[] = [];
    while (!this.#ends('}')) {
      const key = this.#value();
      this.#space();
      if (this.#text[this.#at] === ':' && items.length === 0) {
        if (key !== null && typeof key === 'object') throw new NotALiteral();
        this.#at++;
        entries.push([String(key), this.#value()]);
      } else if (entries.length === 0) items.push(key);
      else throw new NotALiteral();
      if (!this.#comma('}')) break;
    }
    this.#leave('}');
    return items.length > 0 ? items : Object.fromEntries(entries);
  }

  #enter(): void {
    if (++this.#depth > maxDepth) throw new NotALiteral();
    this.#at++;
  }

  #leave(end: string): void {
    if (!this.#ends(end)) throw new NotALiteral();
    this.#at++;
    this.#depth--;
  }

  #ends(end: string): boolean {
    this.#space();
    return this.#text[this.#at] === end;
  }

  #comma(end: string): boolean {
    if (this.#ends(end)) return false;
    if (this.#text[this.#at] !== ',') throw new NotALiteral();
    this.#at++;
    return true;
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
}
