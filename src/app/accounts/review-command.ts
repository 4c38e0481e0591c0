import type { App } from '../../app.ts';
import type { CommandResult } from '../../cli/base-command.ts';
import { laidOut } from '../../cli/render/laid-out.ts';
import type { Column } from '../../cli/render/table.ts';
import type { Language } from '../../cli/texts/language.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { type RunShow, unattendedBy } from '../run-command.ts';
import { carryOut, tellEnd } from './carry-out.ts';
import { answerMatch, decideByFlags, goOn, openReview, type Review } from './review.ts';
import { exportLists, importLists } from './review-files.ts';
import { tellReview } from './review-report.ts';
import { sendLists } from './review-send.ts';
import { prepareAccounts } from './run.ts';
import { signAtTerminal } from './sign-at-terminal.ts';

/** What is asked of a review: the flags of "oaops account review". */
export interface ReviewRequest {
  run: string;
  start: boolean;
  list: boolean;
  send: boolean;
  all: 'do' | 'keep' | undefined;
  do: string[];
  keep: string[];
  reason: string | undefined;
  export: string | undefined;
  import: string[];
  'signed-by': string | undefined;
  signature: string | undefined;
  confirm: string | undefined;
  deny: string | undefined;
  person: string | undefined;
  input: string[];
  'inputs-file': string | undefined;
  'dry-run': boolean;
  yes: boolean;
}

export interface ReviewScreen {
  show: RunShow & { lang: Language };
  say(english: string): string;
  prose(english: string): string;
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): string;
}

/**
 * Has a list signed in whatever way was asked for; as soon as every line is decided the run goes on.
 * @throws OaopsError as starting, signing, reading and sending do
 */
export async function reviewAccounts(app: App, request: ReviewRequest, screen: ReviewScreen): Promise<CommandResult> {
  if (request.start) return start(app, request, screen);
  if (request.confirm !== undefined || request.deny !== undefined) return tellMatch(app, request, screen);
  const review = await openReview(app, request.run);
  if (request.list) return list(app, review, screen);
  if (request.send) return send(app, review, screen);
  if (request.export !== undefined) return writeOut(app, review, request.export, screen);
  if (request.import.length > 0) return takeOver(app, review, request, screen);
  if (request.all !== undefined || request.do.length > 0 || request.keep.length > 0)
    return tellGoingOn(app, await decideByFlags(app, review, request), screen);
  return sign(app, review, screen);
}

async function start(app: App, request: ReviewRequest, { show, prose }: ReviewScreen): Promise<CommandResult> {
  const prepared = await prepareAccounts(app, ['review'], {
    runbook: request.run === 'latest' ? 'rights-review' : request.run,
    inputs: request.input,
    inputsFile: request['inputs-file'],
    ...unattendedBy(request, show),
  });
  if (request['dry-run']) return { json: prepared.plan, text: laidOut(prepared.text(show.lang)) };
  const told = await carryOut(app, prepared, { ...show, askBefore: !request.yes });
  return { exitCode: told.end.exitCode, ...(app.globals.json ? { json: told.json } : { text: prose(told.text) }) };
}

async function tellMatch(
  app: App,
  { run, confirm, deny, person }: ReviewRequest,
  { say }: ReviewScreen,
): Promise<CommandResult> {
  const account = confirm ?? deny ?? '';
  const said = await answerMatch(app, run, { account, person, is: confirm !== undefined });
  const { login, directory, is, person: whose } = said;
  const words = is
    ? `${login} (${directory}) belongs to ${whose}; the next plan goes by that`
    : `${login} (${directory}) does not belong to ${whose}; the next plan goes by that`;
  return { json: said, text: say(words) };
}

/** Whoever is not at a terminal is shown what there is to sign. */
async function sign(app: App, review: Review, screen: ReviewScreen): Promise<CommandResult> {
  const { lang, prompts } = screen.show;
  if (review.isClosed || (review.open.length > 0 && !prompts)) {
    const listed = await list(app, review, screen);
    return { ...listed, exitCode: review.isClosed ? ExitCode.success : ExitCode.waiting };
  }
  return tellGoingOn(app, prompts ? await signAtTerminal(app, review, { lang, prompts }) : review, screen);
}

async function takeOver(
  app: App,
  review: Review,
  request: ReviewRequest,
  screen: ReviewScreen,
): Promise<CommandResult> {
  const imported = await importLists(app, review, {
    files: request.import,
    signedBy: request['signed-by'],
    signature: request.signature,
  });
  const told = imported.files.map(({ file, decided, undecided, before }) =>
    screen.say(
      before > 0
        ? `${file}: ${decided} lines decided, ${undecided} left open, ${before} decided so before`
        : `${file}: ${decided} lines decided, ${undecided} left open`,
    ),
  );
  return tellGoingOn(app, imported.review, screen, { facts: { files: imported.files }, told });
}

/** The run goes on as soon as every line is decided. */
async function tellGoingOn(
  app: App,
  { row, open, lines, plan }: Review,
  { show, say, prose }: ReviewScreen,
  { facts = {}, told = [] }: { facts?: object; told?: readonly string[] } = {},
): Promise<CommandResult> {
  if (open.length > 0)
    return {
      exitCode: ExitCode.incomplete,
      json: { run: row.id, status: row.status, open: open.map(({ id }) => id), ...facts },
      text: [...told, say(`${open.length} of ${lines.length} lines of run ${row.id} are open still`)].join('\n'),
    };
  const ended = await tellEnd(app, await goOn(app, row.id, show), plan);
  const { exitCode } = ended.end;
  if (app.globals.json) return { exitCode, json: { ...(ended.json as object), ...facts } };
  return { exitCode, text: [...told, prose(ended.text)].join('\n') };
}

async function writeOut(
  app: App,
  review: Review,
  folder: string,
  { show, say, table }: ReviewScreen,
): Promise<CommandResult> {
  const files = await exportLists(app, review, { folder, lang: show.lang });
  const columns = [
    { title: 'FILE' },
    { title: 'DEPARTMENT' },
    { title: 'HEAD' },
    { title: 'LINES', align: 'right' as const },
  ];
  const rows = files.map(({ file, department, head, lines }) => [
    file,
    department ?? '-',
    head ?? say('no head'),
    String(lines),
  ]);
  return { json: { run: review.row.id, files }, text: table(columns, rows) };
}

async function send(app: App, review: Review, { show, say }: ReviewScreen): Promise<CommandResult> {
  const told = await sendLists(app, review, show.lang);
  const { sent, already, failed, nobody } = told;
  const lines = [
    ...sent.map((to) => `sent to ${to}`),
    ...already.map((to) => `not sent again to ${to}`),
    ...failed.map((one) => `not sent: ${one}`),
    ...nobody.map((whose) => `nobody to send to: ${whose}; write the list with --export`),
  ];
  return {
    exitCode: failed.length + nobody.length > 0 ? ExitCode.incomplete : ExitCode.success,
    json: { run: review.row.id, ...told },
    text: lines.map((line) => say(line)).join('\n'),
  };
}

function list(app: App, review: Review, { show, say, table }: ReviewScreen): Promise<CommandResult> {
  return tellReview(app, review, { lang: show.lang, say, table });
}
