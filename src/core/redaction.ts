import { secretCut, withoutHalves } from './secret-cut.ts';

/** Plain words in lower or camel case: a secret that is such a word must not turn the names of fields into stars. */
const fieldName = /^[a-z]+([A-Z][a-z]+)*$/;

/**
 * Takes known secret values, private age keys, and the user-info and query tokens of URLs, out of any text before it reaches a log, a
 * journal row, an event or evidence. Values shorter than 4 characters are not registered: replacing them would garble
 * everything and tell nothing.
 */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** From now on `value` (and each of its lines) is replaced wherever it appears, also as JSON, URLs and base64 write it. */
  add(value: string): void {
    for (const part of [value, ...value.split('\n'), ...urlParts(value.trim())]) {
      const trimmed = part.trim();
      if (trimmed.length < 4) continue;
      for (const form of [
        trimmed,
        JSON.stringify(trimmed).slice(1, -1),
        encodeURIComponent(trimmed.toWellFormed()),
        ...base64Forms(trimmed),
      ])
        this.#secrets.add(form);
    }
  }

  redact(text: string): string {
    let result = text;
    // Longest first, so that a secret that contains another is replaced whole.
    for (const secret of [...this.#secrets].sort((a, b) => b.length - a.length))
      result = result.replaceAll(secret, '***');
    return (
      result
        // Schemes are short; without a limit, a long line such as "a.a.a." takes minutes. To the last "@" before the path: a password may hold one that should have been escaped.
        .replace(/(\b[a-z][a-z0-9+.-]{0,40}:\/\/[^\s/:@"']*:)[^\s/"'<>]+@/gi, '$1***@')
        // A token in the place of the user, as git hosts take it.
        .replace(/(\bhttps?:\/\/)[^\s/:@"'<>]+@/gi, '$1***@')
        .replace(/AGE-SECRET-KEY-[A-Z0-9-]{8,}/g, '***')
        .replace(
          /([?&](?:access_token|token|key|sign|secret|password|X-Amz-Signature|X-Amz-Credential)=)[^\s&#"']+/gi,
          '$1***',
        )
    );
  }

  /** How much of a text whose end has not come yet may be redacted by itself: no secret lies across the cut. */
  safeLength(text: string): number {
    return secretCut(text, this.#secrets);
  }

  /** Redacts a text that was cut off at its end or its beginning; what could be a half of a secret there goes too. */
  redactCut(text: string, cut: 'end' | 'start'): string {
    return this.redact(withoutHalves(text, cut, this.#secrets));
  }

  /** The same for every string inside a JSON-like value. Keys too, but for those that are names of fields. */
  redactValue<T>(value: T): T {
    if (typeof value === 'string') return this.redact(value) as T;
    if (Array.isArray(value)) return value.map((item) => this.redactValue(item)) as T;
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          fieldName.test(key) ? key : this.redact(key),
          this.redactValue(item),
        ]),
      ) as T;
    }
    return value;
  }
}

/** Shorter paths and values name nothing that is secret by itself. */
const leastUrlPartChars = 8;

/** A webhook's secret is in its path or query, and errors name an address in another form than it was written in, without its query. */
function urlParts(value: string): string[] {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return [];
  const { href, pathname, searchParams } = new URL(value);
  return [href, ...[pathname, ...searchParams.values()].filter((part) => part.length >= leastUrlPartChars)];
}

/** Shorter ones stand in too many other texts. */
const leastBase64Chars = 8;

/**
 * A secret in base64, by itself and inside of other data (`Basic` authentication encodes `user:password`): three bytes become four
 * signs, so there are three ways to write it, and the signs that its neighbours share are left out.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inside = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const forms = [bytes.toString('base64'), ...inside.filter((form) => form.length >= leastBase64Chars)];
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}
