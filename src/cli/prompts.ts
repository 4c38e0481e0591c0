import type * as Library from '@inquirer/prompts';
import { OaopsError } from '../core/errors.ts';
import { ExitCode } from '../core/exit-codes.ts';
import { oneLine, plainLines } from '../core/plain-text.ts';
import { type Language, say, text } from './texts/texts.ts';

/** Questions to the person at the terminal. Each refuses with exit 6 when there is none: a job never hangs on a question. */
export interface Prompts {
  /** `vanishes`: nothing of the question stays on the screen, nor above it, once it is answered. */
  confirm(question: string, options?: { default?: boolean; vanishes?: boolean }): Promise<boolean>;
  input(
    question: string,
    options?: { default?: string; validate?: (answer: string) => true | string },
  ): Promise<string>;
  number(question: string, options?: { default?: number; min?: number; max?: number }): Promise<number>;
  select<T extends string>(
    question: string,
    choices: readonly { value: T; name?: string; description?: string }[],
  ): Promise<T>;
  /** Several of many; headings stand between them. */
  checkbox<T extends string>(question: string, choices: readonly CheckboxLine<T>[]): Promise<T[]>;
  /** Shows nothing of what is typed, not even its length; asks until something is. */
  password(question: string): Promise<string>;
}

/** A line that can be checked, or a heading above some. */
export type CheckboxLine<T extends string> =
  | { value: T; name: string; description?: string; checked: boolean }
  | { heading: string };

/** So many lines of a long list are on the screen at once. */
const checkboxLines = 15;

export interface PromptOptions {
  lang: Language;
  stdin: { isTTY?: boolean };
  stdout: { isTTY?: boolean };
  /** Called before each question: takes the live display off the screen. */
  before?: () => Promise<void>;
  /** Called after it: the live display may come back. */
  after?: () => void;
  /** Ends a question that nobody answers when the run is stopped. */
  signal?: AbortSignal;
}

export function isInteractive(stdin: { isTTY?: boolean }, stdout: { isTTY?: boolean }): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

/** The library is loaded with the first question. */
export function openPrompts(options: PromptOptions): Prompts {
  const ask = async <T>(
    question: string,
    put: (library: typeof Library, context: { signal?: AbortSignal }) => Promise<T>,
  ): Promise<T> => {
    if (!isInteractive(options.stdin, options.stdout)) {
      throw new OaopsError('no-terminal', text('en', 'prompt.no-terminal', { question }), {
        exitCode: ExitCode.waiting,
        next: 'Run the command in a terminal, or give the answer by a flag.',
        details: { question },
      });
    }
    await options.before?.();
    surviveLostTerminal(options.stdin);
    try {
      const library = await import('@inquirer/prompts');
      return await untilAnswered((signal) => put(library, { signal }), options.signal);
    } catch (error) {
      // Ctrl-C at a question is the same as a SIGINT anywhere else.
      if (error instanceof Error && error.name === 'ExitPromptError') {
        throw new OaopsError('interrupted', 'stopped at a question', {
          exitCode: ExitCode.sigint,
          next: 'Run the command again to be asked again.',
          cause: error,
        });
      }
      throw error;
    } finally {
      options.after?.();
    }
  };

  const said = (question: string) => say(options.lang, plainLines(question));
  const refusal = (validate: (answer: string) => true | string) => (answer: string) => {
    const told = validate(answer);
    return told === true ? told : said(told);
  };

  return {
    confirm: (question, { default: preset = false, vanishes = false } = {}) =>
      ask(question, (library, context) =>
        library.confirm({ message: said(question), default: preset }, { ...context, clearPromptOnDone: vanishes }),
      ),
    input: (question, { validate, ...more } = {}) =>
      ask(question, (library, context) =>
        library.input(
          { message: said(question), ...more, ...(validate ? { validate: refusal(validate) } : {}) },
          context,
        ),
      ),
    number: (question, more = {}) =>
      ask(question, (library, context) =>
        library.number({ message: said(question), required: true, ...more }, context),
      ) as Promise<number>,
    select: (question, choices) =>
      ask(question, (library, context) => library.select({ message: said(question), choices: [...choices] }, context)),
    checkbox: async <T extends string>(question: string, choices: readonly CheckboxLine<T>[]) => {
      const [{ pickLines }, library] = await Promise.all([import('./pick-lines.ts'), import('@inquirer/core')]);
      const lines = choices.map((choice) =>
        'heading' in choice
          ? { heading: oneLine(choice.heading) }
          : {
              value: choice.value,
              name: oneLine(choice.name),
              checked: choice.checked,
              ...(choice.description === undefined ? {} : { description: said(choice.description) }),
            },
      );
      const words = {
        chosen: (count: number, of: number) => text(options.lang, 'prompt.selected', { count, of }),
        keys: text(options.lang, 'prompt.checkbox-keys'),
        nothingFits: text(options.lang, 'prompt.nothing-fits'),
      };
      return ask(question, (_library, context) =>
        pickLines(library)({ message: said(question), lines, pageSize: checkboxLines, words }, context),
      ) as Promise<T[]>;
    },
    password: (question) =>
      ask(question, (library, context) =>
        library.password(
          {
            message: said(question),
            // Else Ctrl-T shows it.
            toggleMask: false,
            theme: { style: { maskedText: text(options.lang, 'prompt.hidden') } },
            validate: refusal((answer) => answer !== '' || 'a secret cannot be empty'),
          },
          context,
        ),
      ),
  };
}

/**
 * Asks anew when the process comes back from Ctrl-Z: readline leaves the question as it was, above what the shell has
 * written since, and hears no key any more, Ctrl-C neither.
 */
async function untilAnswered<T>(ask: (signal: AbortSignal) => Promise<T>, stop: AbortSignal | undefined): Promise<T> {
  for (;;) {
    const again = new AbortController();
    // When readline is through with the signal, which it has not heard yet.
    const onContinue = () => void setImmediate(() => again.abort());
    process.on('SIGCONT', onContinue);
    try {
      return await ask(stop ? AbortSignal.any([stop, again.signal]) : again.signal);
    } catch (error) {
      const anew = again.signal.aborted && !stop?.aborted;
      if (!(anew && error instanceof Error && error.name === 'AbortPromptError')) throw error;
    } finally {
      process.off('SIGCONT', onContinue);
    }
  }
}

const watched = new WeakSet<object>();

/**
 * When the terminal goes away in the middle of a question, readline sets it back to cooked mode, fails with EIO and ends
 * the process by an error that nobody can catch. Then there is nothing left to set back.
 */
function surviveLostTerminal(stdin: PromptOptions['stdin'] & Partial<NodeJS.ReadStream>): void {
  if (watched.has(stdin) || !stdin.prependListener) return;
  watched.add(stdin);
  stdin.prependListener('end', () => {
    stdin.setRawMode = () => stdin as NodeJS.ReadStream;
  });
}
