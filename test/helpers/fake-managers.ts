import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Programs of a folder for PATH that say what they were told to, and note each call. */
export class FakePrograms {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
  }

  /** `answers`: a shell pattern of all arguments -> output and exit code; the first that fits counts, and what fits none ends with 64. */
  set(program: string, answers: Readonly<Record<string, { out?: string; err?: string; code?: number }>>): void {
    const cases = Object.entries(answers).map(([pattern, { out = '', err = '', code = 0 }], i) => {
      const file = join(this.#dir, `${program}.${i}`);
      writeFileSync(`${file}.out`, out);
      writeFileSync(`${file}.err`, err);
      return `${pattern}) cat '${file}.out'; cat '${file}.err' >&2; exit ${code} ;;`;
    });
    const script = `#!/bin/sh\necho "${program} $*" >>'${join(this.#dir, 'calls')}'\ncase "$*" in\n${cases.join('\n')}\nesac\nexit 64\n`;
    writeFileSync(join(this.#dir, program), script, { mode: 0o755 });
  }

  /** The calls since the last look. */
  calls(): string[] {
    const file = join(this.#dir, 'calls');
    try {
      return readFileSync(file, 'utf8').trim().split('\n');
    } catch {
      return [];
    } finally {
      rmSync(file, { force: true });
    }
  }
}
