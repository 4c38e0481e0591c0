import type { Answer } from '../types.ts';

/** What one question may print before the rest of it is left out. */
const mostChars = 1024 * 1024;
const mostErrChars = 8 * 1024;

/** Follows the output of the script, line by line as it comes: which question is being answered, and what came for each. */
export class AnswerReader {
  readonly #mark: string;
  readonly #onBegin: (id: string) => void;
  readonly #answers = new Map<string, Answer>();
  readonly #errors = new Map<string, string>();
  #open: { id: string; text: string; truncated: boolean } | undefined;
  #openErr = '';
  /** What was said on stderr before any question: of the login, or of a shell that could not read the script. */
  #before = '';
  #begun: string | undefined;
  readonly #ids = new Set<string>();
  #forged = false;
  /** The piece before did not end its line: what follows is no mark. */
  readonly #within = { stdout: false, stderr: false };

  constructor(mark: string, onBegin: (id: string) => void) {
    this.#mark = mark;
    this.#onBegin = onBegin;
  }

  /** The question whose answer has not come to its end. */
  get current(): string | undefined {
    return this.#begun;
  }

  /** A mark came where the script prints none: what a question shows has taken it from the command line of the script, so no answer holds. */
  get forged(): boolean {
    return this.#forged;
  }

  get saidBefore(): string {
    return this.#before.trim();
  }

  /** A piece of a line; `goesOn` when the next one brings more of it. */
  push(stream: 'stdout' | 'stderr', text: string, goesOn: boolean): void {
    const line = goesOn ? text : `${text}\n`;
    const start = this.#within[stream] ? '' : text;
    this.#within[stream] = goesOn;
    if (stream === 'stderr') this.#err(start, line);
    else this.#out(start, line);
  }

  /** The answers that came to their end, with what was said on stderr meanwhile. */
  answers(): ReadonlyMap<string, Answer> {
    return new Map(
      [...this.#answers].map(([id, answer]) => [id, { ...answer, err: (this.#errors.get(id) ?? '').trim() }]),
    );
  }

  /** `start`: what a mark would begin, empty within a line. */
  #out(start: string, line: string): void {
    const begin = this.#after(start, 'begin ');
    if (begin !== undefined) {
      if (this.#open !== undefined || this.#ids.has(begin)) this.#forged = true;
      this.#ids.add(begin);
      this.#open = { id: begin, text: '', truncated: false };
      this.#begun = begin;
      this.#onBegin(begin);
      return;
    }
    const end = this.#after(start, 'end ')?.split(' ');
    if (end !== undefined && end[0] !== this.#open?.id) this.#forged = true;
    if (end !== undefined && this.#open !== undefined && end[0] === this.#open.id && /^\d+$/.test(end[1] ?? '')) {
      const { id, text: said, truncated } = this.#open;
      // The line end before the mark is one of the script.
      const lines = said.replace(/\n$/, '').split('\n');
      while (lines.at(-1) === '') lines.pop();
      this.#answers.set(id, { exitCode: Number(end[1]), lines, err: '', truncated });
      this.#open = undefined;
      this.#begun = undefined;
      return;
    }
    // After a piece that was left out, nothing more is taken: an answer has no hole.
    if (this.#open === undefined || this.#open.truncated) return;
    if (this.#open.text.length + line.length > mostChars) this.#open.truncated = true;
    else this.#open.text += line;
  }

  #err(start: string, line: string): void {
    const begin = this.#after(start, 'begin ');
    if (begin !== undefined) {
      this.#openErr = begin;
      return;
    }
    if (this.#openErr === '') {
      if (this.#before.length < mostErrChars) this.#before += line;
      return;
    }
    const said = this.#errors.get(this.#openErr) ?? '';
    if (said.length < mostErrChars) this.#errors.set(this.#openErr, said + line);
  }

  #after(text: string, word: string): string | undefined {
    const prefix = `${this.#mark} ${word}`;
    return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
  }
}
