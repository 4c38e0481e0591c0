import type { EventSink } from '../../core/events.ts';
import type { Redactor } from '../../core/redaction.ts';
import { wantsColor } from '../color.ts';
import type { GlobalOptions } from '../globals.ts';
import type { Language } from '../texts/language.ts';
import { sayEvent } from '../texts/texts.ts';
import { ndjsonSink, perRun, plainSink, quietSink } from './plain.ts';
import { plainEvent } from './plain-event.ts';
import type { Wording } from './words.ts';

/** Where the events of a run are shown. */
export interface Renderer {
  sink: EventSink;
  /** Frees the terminal for a prompt, until `resume`. */
  suspend(): Promise<void>;
  resume(): void;
  /** Waits until everything is on the screen. */
  close(): Promise<void>;
}

export interface RendererOptions {
  globals: GlobalOptions;
  lang: Language;
  redactor: Redactor;
  env: Readonly<Record<string, string | undefined>>;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  nowMs: () => number;
  /** Events of several runs come mixed: told as lines. */
  several?: boolean;
}

/** The renderer that flags and streams ask for: NDJSON, quiet, a live list in a terminal, plain lines elsewhere. */
export async function openRenderer(options: RendererOptions): Promise<Renderer> {
  const { globals, lang, redactor, env, stdout, stderr, nowMs } = options;
  const how: Wording = { lang, color: globals.color && wantsColor(stdout, env), unicode: isUtf8(env) };
  const still = { suspend: async () => {}, resume: () => {}, close: async () => {} };
  const line = (stream: NodeJS.WriteStream) => (words: string) => void stream.write(`${words}\n`);
  const redacted =
    (sink: EventSink): EventSink =>
    (event) =>
      sink(redactor.redactValue(event));
  const said = (sink: EventSink): EventSink => redacted((event) => sink(sayEvent(lang, plainEvent(event))));

  if (globals.json) return { ...still, sink: redacted(ndjsonSink(line(stdout))) };
  if (globals.quiet) return { ...still, sink: said(perRun(() => quietSink({ ...how, color: false }, line(stderr)))) };
  if (!options.several && isLive(stdout, env)) {
    const { terminalRenderer } = await import('./terminal.ts');
    const live = await terminalRenderer(how, { verbose: globals.verbose, stdout, nowMs });
    return { ...live, sink: said(live.sink) };
  }
  return { ...still, sink: said(perRun(() => plainSink(how, { verbose: globals.verbose }, line(stdout)))) };
}

function isLive(stdout: NodeJS.WriteStream, env: Readonly<Record<string, string | undefined>>): boolean {
  return stdout.isTTY === true && env['TERM'] !== 'dumb' && !env['CI'];
}

/** Symbols only where the locale says UTF-8; no locale at all (cron, `env -i`) means the C locale, which does not. */
function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  return /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
}
