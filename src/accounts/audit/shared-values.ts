/** Of so many different lists equal ones are found; more are hardly ever equal, and all would be kept. */
const mostLists = 5000;

/** One text for all that are equal: a hundred thousand accounts are in a few departments. */
export class SharedTexts {
  readonly #texts = new Map<string, string>();

  of(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}

/** One list for all that are equal, as the rights of colleagues are. */
export class SharedLists {
  readonly #texts = new SharedTexts();
  readonly #lists = new Map<string, readonly string[]>();

  of(texts: readonly string[]): readonly string[] {
    // No text can look like two.
    const name = JSON.stringify(texts);
    const known = this.#lists.get(name);
    if (known) return known;
    const list = texts.map((text) => this.#texts.of(text));
    if (this.#lists.size < mostLists) this.#lists.set(name, list);
    return list;
  }
}
