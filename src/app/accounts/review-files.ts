import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { comparableName } from '../../accounts/matching/comparable.ts';
import type { Decision } from '../../accounts/record/decisions.ts';
import { type Answers, readAnswers } from '../../accounts/review/answered-file.ts';
import { listsOf, type ReviewLine, type ReviewList } from '../../accounts/review/lines.ts';
import { fileNames, listFile } from '../../accounts/review/list-file.ts';
import type { ListLanguage } from '../../accounts/review/words.ts';
import type { App } from '../../app.ts';
import { isoTime } from '../../core/clock.ts';
import { writeFileDurable } from '../../core/durable-file.ts';
import { errnoOf, messageOf, OaopsError, usageError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import { sha256Hex } from '../../core/json.ts';
import { makePrivateDir } from '../../core/private-dir.ts';
import { decide, type Review, refuseClosed, reviewFolder, type Signing } from './review.ts';
import { sayInAll } from './review-words.ts';

/** Namespace of signatures over lists: one over something else does not count. */
export const listNamespace = 'oaops-review';
/** A list of a large department has a few thousand rows. */
const maxBytes = 64 * 1024 * 1024;

export interface WrittenList {
  file: string;
  sha256: string;
  department: string | null;
  head: string | null;
  headMail: string | null;
  lines: number;
}

/**
 * Writes the open lines, one file for each head. Nothing that lies there is overwritten: it could be filled in.
 * @throws OaopsError `review-over`, `nothing-to-sign` (exit 4), `file-exists`, `folder-unwritable` (exit 2)
 */
export async function exportLists(
  app: App,
  review: Review,
  { folder, lang }: { folder: string; lang: ListLanguage },
): Promise<WrittenList[]> {
  refuseClosed(review);
  const lists = listsOf(review.open);
  if (lists.length === 0) throw nothingOpen(review);
  const written = await writeLists(review.row.id, lists, { folder: resolve(folder), lang });
  await audit(app, 'account.review.exported', review, { files: written });
  return written;
}

export function nothingOpen({ row }: Review): OaopsError {
  return new OaopsError('nothing-to-sign', `every line of run ${row.id} is decided`, {
    exitCode: ExitCode.refused,
    next: `Go on with "oaops account review ${row.id}".`,
  });
}

/** @throws OaopsError `file-exists`, `folder-unwritable` (exit 2) */
export async function writeLists(
  run: string,
  lists: readonly ReviewList[],
  { folder, lang, replace }: { folder: string; lang: ListLanguage; replace?: true },
): Promise<WrittenList[]> {
  const say = await sayInAll();
  const files = fileNames(lists).map((name) => join(folder, name));
  try {
    makePrivateDir(folder);
    const there = files.find((file) => statSync(file, { throwIfNoEntry: false }) !== undefined);
    if (there !== undefined && !replace)
      throw usageError('file-exists', `${there} is there already, and may be filled in`, {
        next: 'Name an empty folder.',
      });
    return lists.map((list, index) => {
      const file = files[index]!;
      const text = listFile(run, list, lang, say);
      writeFileDurable(file, text);
      const { department = null, head = null, headMail = null, lines } = list;
      return { file, sha256: sha256Hex(text), department, head, headMail, lines: lines.length };
    });
  } catch (error) {
    if (error instanceof OaopsError) throw error;
    throw usageError('folder-unwritable', `lists cannot be written to ${folder}: ${messageOf(error)}`, {
      next: 'Name a folder that you can write to.',
    });
  }
}

export interface ImportedList {
  file: string;
  sha256: string;
  by: string;
  signedBy: string | null;
  decided: number;
  undecided: number;
  /** Decided so before, by an earlier file or at a terminal. */
  before: number;
}

/**
 * Takes over lists that have come back: everything that stands in all of them, or nothing. Each is kept with the run, as evidence.
 * @throws OaopsError `csv-...`, `review-file-invalid`, `file-unreadable` (exit 2), `review-over`, `signature-invalid`, `signer-unknown`,
 *   `signer-not-head`, `decided-meanwhile` (exit 4), `signer-missing` (exit 2), `lock-held` (exit 11)
 */
export async function importLists(
  app: App,
  review: Review,
  request: { files: readonly string[]; signedBy?: string | undefined; signature?: string | undefined },
): Promise<{ review: Review; files: ImportedList[] }> {
  refuseClosed(review);
  const { row, lines } = review;
  const say = await sayInAll();
  const actor = (await app.runs()).actor;
  const signature = request.signature === undefined ? undefined : readList(request.signature);
  const decided = new Map<string, Decision>(review.decisions);
  const read: { file: string; bytes: Uint8Array; sha256: string; answers: Answers; signing: Signing }[] = [];
  for (const file of request.files) {
    const bytes = readList(file);
    const sha256 = sha256Hex(bytes);
    const signer = signature && (await signerOf(app, bytes, signature));
    const answers = readAnswers(file, bytes, { run: row.id, lines, decided, say });
    if (signer) requireHead(review, answers, signer);
    const signing: Signing = {
      by: signer?.principal ?? actor,
      ...(request.signedBy === undefined ? {} : { signedBy: request.signedBy }),
      from: `file ${basename(file)}, sha256 ${sha256}`,
    };
    for (const one of answers.decisions) decided.set(one.line, { ...one, ...signing, at: isoTime(app.clock.nowMs()) });
    read.push({ file, bytes, sha256, answers, signing });
  }
  if (!signature)
    for (const { answers } of read)
      requireNamed(review, answers, request.signedBy ?? actor, request.signedBy !== undefined);
  for (const { sha256, bytes } of read) {
    keep(app, row.id, sha256, bytes);
    if (signature) keep(app, row.id, sha256, signature, '.csv.sig');
  }
  const after = await decide(
    app,
    review,
    read.map(({ answers: { decisions }, signing }) => ({ decisions, signing })),
  );
  const files = read.map(
    ({ file, sha256, answers, signing }): ImportedList => ({
      file,
      sha256,
      by: signing.by,
      signedBy: signing.signedBy ?? null,
      decided: answers.decisions.length,
      undecided: answers.undecided.length,
      before: answers.before,
    }),
  );
  await audit(app, 'account.review.imported', review, { files });
  return { review: after, files };
}

/** A head answers for its own people, and for nobody else's. @throws OaopsError `signer-not-head` (exit 4) */
function requireHead({ lines, headsSign }: Review, { decisions }: Answers, { principal, names }: Signer): void {
  if (!headsSign) return;
  const decided = new Set(decisions.map(({ line }) => line));
  const others = lines.find(
    ({ id, headNames = [] }) => decided.has(id) && !headNames.some((name) => names.includes(name)),
  );
  if (!others) return;
  const { id, login, head } = others;
  throw new OaopsError(
    'signer-not-head',
    head === undefined
      ? `${principal} has signed for ${login} (line ${id}), of whom no head is known`
      : `${principal} has signed for ${login} (line ${id}), whose head is ${head}`,
    {
      exitCode: ExitCode.refused,
      next: 'Have the head sign the file, or write "review: {signers: any}" into the runbook. Nothing was taken over.',
    },
  );
}

/**
 * A file without a signature is the word of whoever brings it: they say of whom it is, and that has to be the head of each line, so that nothing is
 * attributed to somebody who does not answer for it. A head who imports its own list need not be named.
 * @throws OaopsError `signer-missing` (exit 2), `signer-not-head` (exit 4)
 */
function requireNamed({ lines, headsSign }: Review, { decisions }: Answers, who: string, isSaid: boolean): void {
  if (!headsSign) return;
  const decided = new Set(decisions.map(({ line }) => line));
  const others = lines.find((line) => decided.has(line.id) && line.head !== undefined && !isHead(line, who));
  if (!others) return;
  const { id, login, head } = others;
  if (!isSaid)
    throw usageError(
      'signer-missing',
      `nobody is named who has signed for ${login} (line ${id}), whose head is ${head}`,
      {
        next: 'Name the head with --signed-by, or give its signature with --signature. Nothing was taken over.',
      },
    );
  throw new OaopsError('signer-not-head', `${who} has signed for ${login} (line ${id}), whose head is ${head}`, {
    exitCode: ExitCode.refused,
    next: 'Have the head sign the file, or write "review: {signers: any}" into the runbook. Nothing was taken over.',
  });
}

function isHead({ head, headName, headNames = [] }: ReviewLine, who: string): boolean {
  const name = comparableName(who, true);
  return [head, headName, ...headNames].some((one) => one !== undefined && comparableName(one, true) === name);
}

/** The copy is there before the decisions that come from it. */
function keep(app: App, run: string, sha256: string, bytes: Uint8Array, ending = '.csv'): void {
  writeFileDurable(join(reviewFolder(app, run), `${sha256}${ending}`), bytes);
}

function readList(file: string): Uint8Array {
  const unreadable = (why: string) =>
    usageError('file-unreadable', `${file} cannot be read (${why})`, {
      next: 'Give the path of a file that you can read.',
    });
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw unreadable('it is no file');
    if (stat.size > maxBytes) throw unreadable(`it has ${stat.size} bytes`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof OaopsError) throw error;
    throw unreadable(errnoOf(error) ?? 'unknown error');
  }
}

interface Signer {
  principal: string;
  /** All that the key stands for. */
  names: readonly string[];
}

/** Whose SSH signature it is. @throws OaopsError `signature-invalid`, `signer-unknown`, `allowed-signers-...` (exit 4) */
async function signerOf(app: App, data: Uint8Array, signature: Uint8Array): Promise<Signer> {
  const allowedSigners = (await app.config()).settings.approvals?.allowedSigners;
  if (allowedSigners === undefined)
    throw new OaopsError('allowed-signers-missing', 'no allowed-signers file says whose keys count', {
      exitCode: ExitCode.refused,
      next: 'Set approvals.allowedSigners in the configuration.',
    });
  const door = await app.signatures();
  await door.allowedSigners(allowedSigners);
  const { principal, principals } = await door.verify({
    data,
    signature: new TextDecoder().decode(signature),
    namespace: listNamespace,
    allowedSigners,
    atMs: app.clock.nowMs(),
  });
  return { principal, names: principals ?? [principal] };
}

/** Who was given which data, and who brought it back (AC-05: access to data is logged). */
export async function audit(app: App, action: string, { row }: Review, details: object): Promise<void> {
  const record = await app.record();
  await record.audit.append({
    at: isoTime(app.clock.nowMs()),
    actor: (await app.runs()).actor,
    action,
    subject: row.id,
    details: app.redactor.redactValue(details),
  });
}
