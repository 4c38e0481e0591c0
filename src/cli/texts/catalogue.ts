/**
 * Translations by the English text they stand for, as gettext does it: `{}` is a value in the English, `{}` or `{2}` its
 * place in the other language.
 */
export type Messages = Readonly<Record<string, string>>;

interface Pattern {
  /** The fixed parts between the values. */
  parts: readonly string[];
  weight: number;
  target: string;
}

/** Below so many letters a pattern fits too much to be trusted with any text; it still serves for parts of known ones. */
const trustedLetters = 8;
const deepest = 5;
const longest = 4000;
/** A text is only taken apart at so many places: a parser's message can have hundreds of colons. */
const mostPieces = 6;
/** What is to be done to an account, and everything that speaks for it. */
const mostFacts = 16;
const isPlannedStep = /^\d+\. [a-z][\w-]*: .+ \[[^\]]+\]$/;
/** Words that are headings where they stand alone; inside of a text they are names, such as the id of a directory. */
const onlyHeadings: ReadonlySet<string> = new Set(['hosts', 'groups']);

/**
 * Recognises the texts of oaops and says them in another language. Rooms write English only, the record and `--json` keep
 * it, and what was stored by an earlier run is still understood. Texts of other programs come back as they are.
 */
export class Catalogue {
  readonly #whole: Map<string, string>;
  readonly #patterns: Pattern[];
  /** Of the text that is being translated: its endings are looked at again and again. */
  readonly #seen = new Map<string, string | undefined>();

  constructor(messages: Messages) {
    const entries = Object.entries(messages);
    this.#whole = new Map(entries.filter(([english]) => !english.includes('{}')));
    this.#patterns = entries
      .filter(([english]) => english.includes('{}'))
      .map(([english, target]) => {
        const parts = english.split('{}');
        const letters = parts.join('').replaceAll(/[^A-Za-z]/g, '').length;
        // `aborted: REASON`, `sample 1: FACT`: a word at the very beginning says more than one somewhere.
        const heads = /^[a-z]{6,}(: | \{\}: )\{\}$/.test(english) ? 2 : 0;
        // `leg       PLACE: STATE`: a label of a column can be trusted, however short it is.
        const labels = /^[a-z]+ {3,}\{\}/.test(english) ? trustedLetters : 0;
        return { parts, target, weight: letters + heads + labels };
      })
      .sort((a, b) => b.weight - a.weight || b.parts.join('').length - a.parts.join('').length);
  }

  /** A message, line by line; undefined when nothing of it is known. */
  translate(english: string): string | undefined {
    if (english.length > longest) return undefined;
    let known = false;
    const lines = english.split('\n').map((line) => {
      const translated = this.#line(line, trustedLetters, 0);
      known ||= translated !== undefined;
      return translated ?? line;
    });
    return known ? lines.join('\n') : undefined;
  }

  /** What a command prints: labels count too, and what is not known stays. */
  lines(english: string): string {
    return english
      .split('\n')
      .map((line) => this.#line(line, 1, 0) ?? line)
      .join('\n');
  }

  #line(line: string, least: number, depth: number): string | undefined {
    const text = line.trim();
    // A step of a plan has its name in the language of whoever reads it, and its id is no word.
    if (text === '' || isPlannedStep.test(text)) return undefined;
    if (depth === 0) this.#seen.clear();
    const key = `${least} ${text}`;
    if (!this.#seen.has(key)) {
      this.#seen.set(key, undefined);
      this.#seen.set(
        key,
        this.#whole.get(text) ??
          this.#byFacts(text, least, depth) ??
          this.#byStep(text, least, depth) ??
          this.#byCounts(text, depth) ??
          this.#byPattern(text, text.includes(': ') ? Math.max(least, trustedLetters) : least, depth) ??
          this.#byPieces(text, least, depth) ??
          this.#byPattern(text, least, depth),
      );
    }
    const translated = this.#seen.get(key);
    if (translated === undefined) return undefined;
    const [before, after] = [line.slice(0, line.indexOf(text)), line.slice(line.indexOf(text) + text.length)];
    return `${/^[（，；：]/.test(translated) ? before.replace(/ $/, '') : before}${translated}${after}`;
  }

  /** `FACT; FACT`, each known by itself: a value of the first must not swallow the second. What is one text with a `; ` in it goes before. */
  #byFacts(text: string, least: number, depth: number): string | undefined {
    if (depth > deepest || !text.includes('; ')) return undefined;
    for (const pattern of this.#patterns) {
      if (pattern.weight < trustedLetters) break;
      const values = pattern.parts.some((part) => part.includes('; ')) ? valuesOf(text, pattern.parts) : undefined;
      if (values) return this.#filled(pattern, values, depth);
    }
    const facts = text.split('; ');
    if (facts.length > mostFacts) return undefined;
    const known = facts.map((fact) => this.#line(fact, least, Math.max(depth, 1)));
    if (known.every((fact) => fact === undefined)) return undefined;
    // Beside a fact that is known, a short text is one of oaops too.
    const said = facts.map((fact, index) => known[index] ?? this.#line(fact, 1, Math.max(depth, 1)));
    return said.every((fact) => fact !== undefined) ? said.join('；') : undefined;
  }

  /** `STEP: FACT`, as a run ends, and `STATUS: FACT`. */
  #byStep(text: string, least: number, depth: number): string | undefined {
    const step =
      /^((?:b\d+|pre|watch)-[\w-]+|failed|waiting|stopped|running|incomplete|refused|undo-failed): (.+)$/.exec(text);
    const fact = step && depth <= deepest ? this.#line(step[2]!, least, Math.max(depth, 1)) : undefined;
    return fact === undefined ? undefined : `${this.#whole.get(step![1]!) ?? step![1]}：${fact}`;
  }

  /** `3 failed, 1 skipped`: a short pattern must not take the counts before it for its value. */
  #byCounts(text: string, depth: number): string | undefined {
    if (depth > deepest || !/^\d+ [^,]+(, \d+ [^,]+)+$/.test(text)) return undefined;
    if (this.#patterns.some(({ parts }) => parts.some((part) => part.includes(', ')) && valuesOf(text, parts)))
      return undefined;
    const counts = text.split(', ').map((count) => this.#byPattern(count, 1, depth + 1));
    return counts.every((count) => count !== undefined) ? counts.join('，') : undefined;
  }

  #byPattern(text: string, least: number, depth: number): string | undefined {
    if (depth > deepest) return undefined;
    for (const pattern of this.#patterns) {
      if (pattern.weight < least) return undefined;
      const values = valuesOf(text, pattern.parts);
      // `STEP: FACT` cut in the middle: the value is no name, and the fact has its own text.
      if (values && !values[0]?.endsWith(':')) return this.#filled(pattern, values, depth);
    }
    return undefined;
  }

  /** What stands in quotation marks is a name: it stays, though there may be a text like it. */
  #filled({ parts, target }: Pattern, values: readonly string[], depth: number): string {
    return fill(target, (index) => {
      const value = values[index] ?? '';
      return isQuoted(parts, index) ? value : this.#value(value, depth + 1);
    });
  }

  #piece(text: string, least: number, depth: number): string | undefined {
    return this.#whole.get(text) ?? this.#byPattern(text, least, depth);
  }

  #value(value: string, depth: number): string {
    if (onlyHeadings.has(value)) return value;
    // A command is typed as it stands; what may be typed besides is a remark.
    const [, command, remark] = /^(oaops [a-z]+ [^(]*[^( ])( \(.+\))?$/.exec(value) ?? [];
    if (command !== undefined) return `${command}${remark === undefined ? '' : this.#value(remark, depth)}`;
    return this.#line(value, 1, depth) ?? value;
  }

  /** Texts that are put together of several: `FACT: CAUSE`, `FACT; FACT`, `SENTENCE. SENTENCE.`, `FACT (REMARK)`. */
  #byPieces(text: string, least: number, depth: number): string | undefined {
    if (depth > deepest) return undefined;
    for (const [separator, target] of separators) {
      let at = text.indexOf(separator);
      for (let tried = 0; at !== -1 && tried < mostPieces; at = text.indexOf(separator, at + 1), tried++) {
        const before = text.slice(0, at + (separator === '. ' ? 1 : 0));
        // A fact may be put together itself.
        const left = separator === '; ' ? this.#line(before, least, depth + 1) : this.#piece(before, least, depth + 1);
        const rest = text.slice(at + separator.length);
        const right = this.#line(rest, least, depth + 1);
        if (left === undefined && right === undefined) continue;
        return `${left ?? text.slice(0, at)}${target}${right ?? rest}`;
      }
    }
    const quoted = /^("[^"]*") (.+)$/.exec(text);
    const about = quoted ? this.#piece(quoted[2]!, 1, depth + 1) : undefined;
    if (about !== undefined) return `${quoted![1]} ${about}`;
    const remark = text.search(/(?:, | \()/);
    if (remark <= 0 || depth === 0) return undefined;
    const right = this.#line(text.slice(remark).trimStart(), 1, depth + 1);
    return right === undefined ? undefined : `${this.#value(text.slice(0, remark), depth + 1)}${right}`;
  }
}

const separators = [
  ['. ', ''],
  ['; ', '；'],
  [': ', '：'],
] as const;

/** The values between the fixed parts, each as short as it can be; undefined when the text has not these parts. */
function valuesOf(text: string, parts: readonly string[]): string[] | undefined {
  const [first, last] = [parts[0]!, parts[parts.length - 1]!];
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return undefined;
  const values: string[] = [];
  const end = text.length - last.length;
  let from = first.length;
  for (const [index, part] of parts.entries()) {
    if (index === 0 || index === parts.length - 1) continue;
    // Of values side by side the first is the fact, the others are remarks that may be missing: it takes all.
    const next = part === '' ? parts.slice(index, -1).find((later) => later !== '') : part;
    const at = next === undefined ? end : text.indexOf(next, from);
    if (at === -1 || at + part.length > end) return undefined;
    values.push(text.slice(from, at));
    from = at + part.length;
  }
  values.push(text.slice(from, end));
  return values;
}

/** Whether the value stands in quotation marks, alone or as a part of what they hold. */
function isQuoted(parts: readonly string[], index: number): boolean {
  const before = parts.slice(0, index + 1).join('');
  return before.split('"').length % 2 === 0 && parts.slice(index + 1).some((part) => part.includes('"'));
}

/** `{}` takes the values in order, `{2}` the second one. */
export function fill(target: string, value: (index: number) => string): string {
  let next = 0;
  return target.replaceAll(/\{(\d*)\}/g, (_, number: string) => value(number === '' ? next++ : Number(number) - 1));
}
