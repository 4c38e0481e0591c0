/**
 * Takes known secret values, and the user-info and query tokens of URLs, out of any text before it reaches a log, a
 * journal row, an event or evidence. Values shorter than 4 characters are not registered: replacing them would garble
 * everything and tell nothing.
 */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** From now on `value` (and each of its lines) is replaced wherever it appears. */
  add(value: string): void {
    for (const part of [value, ...value.split('\n')]) {
      const trimmed = part.trim();
      if (trimmed.length >= 4) this.#secrets.add(trimmed);
    }
  }

  redact(text: string): string {
    let result = text;
    // Longest first, so that a secret that contains another is replaced whole.
    for (const secret of [...this.#secrets].sort((a, b) => b.length - a.length))
      result = result.replaceAll(secret, '***');
    return result
      .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi, '$1***@')
      .replace(
        /([?&](?:access_token|token|key|sign|secret|password|X-Amz-Signature|X-Amz-Credential)=)[^\s&#"']+/gi,
        '$1***',
      );
  }

  /** The same for every string inside a JSON-like value; keys are kept. */
  redactValue<T>(value: T): T {
    if (typeof value === 'string') return this.redact(value) as T;
    if (Array.isArray(value)) return value.map((item) => this.redactValue(item)) as T;
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.redactValue(item)])) as T;
    }
    return value;
  }
}
