import type { Decision } from '../../accounts/record/decisions.ts';
import { listsOf, type ReviewLine } from '../../accounts/review/lines.ts';
import { decisionWord } from '../../accounts/review/words.ts';
import type { App } from '../../app.ts';
import type { Column } from '../../cli/render/table.ts';
import type { Language } from '../../cli/texts/language.ts';
import { besideTheList, type Review } from './review.ts';
import { factWords } from './review-words.ts';

interface Telling {
  lang: Language;
  say(english: string): string;
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): string;
}

/** A list as it stands: every line with its decision, then what waits for a word and what is told beside. */
export async function tellReview(
  app: App,
  { row, lines, decisions, open, isClosed }: Review,
  { lang, say, table }: Telling,
): Promise<{ json: unknown; text: string }> {
  const { toConfirm, missing } = await besideTheList(app, row.id);
  const json = {
    run: row.id,
    runbook: row.runbook,
    status: row.status,
    closed: isClosed,
    open: open.length,
    lines: lines.map((line) => ({ ...line, decision: decisions.get(line.id) ?? null })),
    toConfirm,
    missing,
  };
  const parts: string[] = [];
  if (lines.length > 0)
    parts.push(
      ...listsOf(lines).map(({ department, head, lines: own }) => {
        const heading = `${department ?? say('no department')} (${head ?? say('no head')})`;
        return [heading, ...own.map((line) => toldLine(line, decisions.get(line.id), lang))].join('\n');
      }),
      say(
        isClosed
          ? `the list of run ${row.id} is closed`
          : `${open.length} of ${lines.length} lines of run ${row.id} are open still`,
      ),
    );
  else parts.push(say(`run ${row.id} has no list that has to be signed`));
  if (toConfirm.length > 0)
    parts.push(
      `${say('These accounts are like a person by name and department only:')}\n${table(
        [{ title: 'ACCOUNT' }, { title: 'DIRECTORY' }, { title: 'PERSON' }, { title: 'EVIDENCE', flexible: true }],
        toConfirm.map(({ login, directory, person, evidence }) => [login, directory, person ?? '-', say(evidence)]),
      )}\n${say('Say whose they are with --confirm ACCOUNT or --deny ACCOUNT.')}`,
    );
  if (missing.length > 0)
    parts.push(
      `${say('Rights that are due and missing, for your information:')}\n${table(
        [{ title: 'ACCOUNT' }, { title: 'DIRECTORY' }, { title: 'RIGHTS', flexible: true }],
        missing.map(({ login, directory, rights }) => [login, directory, (rights ?? []).join(', ')]),
      )}`,
    );
  return { json, text: parts.join('\n\n') };
}

function toldLine(line: ReviewLine, decision: Decision | undefined, lang: Language): string {
  const { who, what, why } = factWords(line, lang);
  const reason = decision?.reason === undefined ? '' : `: ${decision.reason}`;
  const told =
    decision && `\n    ${decisionWord(decision.decision, lang)} (${decision.signedBy ?? decision.by})${reason}`;
  return `  ${line.id}  ${who}  ${what}\n    ${why}${told ?? ''}`;
}
