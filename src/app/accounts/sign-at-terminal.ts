import { listsOf, type ReviewLine } from '../../accounts/review/lines.ts';
import type { App } from '../../app.ts';
import type { CheckboxLine, Prompts } from '../../cli/prompts.ts';
import { say } from '../../cli/texts/texts.ts';
import { OaopsError } from '../../core/errors.ts';
import { oneLine } from '../../core/plain-text.ts';
import type { RunEnd } from '../../engine/run/outcome.ts';
import { type PreparedPlan, startRun } from '../run-command.ts';
import { decide, goOn, openReview, type Review, waitsForSignature } from './review.ts';
import { factWords } from './review-words.ts';

type Show = Parameters<typeof startRun>[2];

/** Starts a run, and has its list signed at the terminal when it waits for that. */
export async function startSigned(app: App, prepared: PreparedPlan, show: Show): Promise<RunEnd> {
  const end = await startRun(app, prepared, show);
  if (end.status !== 'waiting' || !show.prompts || !(await waitsForSignature(app, end.run))) return end;
  const review = await signAtTerminal(app, await openReview(app, end.run), { ...show, prompts: show.prompts });
  return review.open.length === 0 ? goOn(app, end.run, show) : end;
}

/**
 * Has the open lines of a list signed by the person at the terminal. Whoever does not sign leaves them open.
 * @throws OaopsError `interrupted`, `no-terminal`
 */
export async function signAtTerminal(
  app: App,
  review: Review,
  { lang, prompts }: Pick<Show, 'lang'> & { prompts: NonNullable<Show['prompts']> },
): Promise<Review> {
  const { open, proposal, row } = review;
  if (open.length === 0) return review;
  const by = (await app.runs()).actor;
  const asked = await orLater(row.id, () =>
    choose(prompts(new AbortController().signal), open, { lang, proposal, by }),
  );
  if (!asked) return review;
  const chosen = new Set(asked);
  const decisions = open.map(({ id }) => ({
    line: id,
    decision: chosen.has(id) ? ('do' as const) : ('keep' as const),
  }));
  return decide(app, review, [{ decisions, signing: { by, from: 'terminal' } }]);
}

/** The lines that are to be carried out; undefined: not signed. */
async function choose(
  prompts: Prompts,
  open: readonly ReviewLine[],
  { lang, proposal, by }: { lang: Show['lang']; proposal: 'do' | 'keep'; by: string },
): Promise<string[] | undefined> {
  const choices = listsOf(open).flatMap(({ department, head, lines }): CheckboxLine<string>[] => [
    {
      heading: `── ${[department ?? say(lang, 'no department'), ...(head === undefined ? [] : [head])].join(' · ')} ──`,
    },
    ...lines.map((line) => {
      const { who, what, why } = factWords(line, lang);
      return { value: line.id, name: `${who}  ${what}`, description: why, checked: proposal === 'do' };
    }),
  ]);
  const chosen = await prompts.checkbox('Which of these are to be carried out? The others stay as they are', choices);
  const kept = open.length - chosen.length;
  const question = `Sign as ${by}: carry out ${chosen.length}, keep ${kept}?`;
  const signed = await prompts.confirm([...shownAgain(open, chosen, lang), question].join('\n'));
  return signed ? chosen : undefined;
}

/** Of thousands of lines a few are chosen: they are seen together before they are signed. */
function shownAgain(open: readonly ReviewLine[], chosen: readonly string[], lang: Show['lang']): string[] {
  if (chosen.length === 0 || chosen.length > namedAgain) return [];
  const lines = open.filter(({ id }) => chosen.includes(id)).map((line) => factWords(line, lang));
  return ['', ...lines.map(({ who, what }) => oneLine(`  ${who}  ${what}`))];
}

const namedAgain = 10;

/** The run waits on: its list can be signed whenever somebody finds the time. */
async function orLater<T>(run: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof OaopsError) || error.code !== 'interrupted') throw error;
    throw new OaopsError('interrupted', 'stopped at the list; nothing of it is signed', {
      exitCode: error.exitCode,
      next: `Sign it later with: oaops account review ${run}`,
      cause: error,
    });
  }
}
