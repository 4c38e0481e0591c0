import type { Account } from '../../accounts/model.ts';
import type { ShownDecision, ShownEntry } from '../../accounts/report/entries.ts';
import type { ShownPerson } from '../../accounts/report/look.ts';
import { showWords } from '../../accounts/report/show-words.ts';
import { moment, reportWords } from '../../accounts/report/words.ts';
import { displayWidth, pad, wrap } from '../../cli/render/width.ts';
import { oneLine } from '../../core/plain-text.ts';
import { formatDuration } from '../../core/units.ts';
import { wallTimeOf } from '../../core/zoned-time.ts';
import type { KnownAccount, ShownLook } from './show.ts';
import type { ShownRun } from './show-run.ts';

export interface ShowScreen {
  lang: string;
  say(english: string): string;
  columns: number;
  nowMs: number;
  /** Days are those on the clocks of the company, as in findings. */
  timeZone: string;
}

/** So many entries of a run are shown unless all are asked for. */
const firstEntries = 50;

/** What a run was to change, and what became of it. Empty: it changes nothing. */
export function runEntriesText(shown: ShownRun, all: boolean, screen: ShowScreen): string {
  const words = showWords(screen.lang);
  const report = reportWords(screen.lang);
  const lines: string[] = [];
  if (shown.words.length > 0) {
    lines.push(`${words.words}:`);
    for (const { kind, step, by, at } of shown.words)
      lines.push(...bullet(`${words[kind]} (${step}) ${words.by} ${by}, ${moment(at)}`, screen));
    lines.push('');
  }
  if (shown.entries.length === 0) return lines.join('\n');
  const counts = [...Map.groupBy(shown.entries, ({ state }) => state)].map(
    ([state, own]) => `${words.stateOf(state)} ${own.length}`,
  );
  lines.push(`${words.entries}: ${shown.entries.length} (${counts.join(', ')})`);
  const entries = all ? shown.entries : shown.entries.slice(0, firstEntries);
  for (const entry of entries) lines.push(...entryLines(entry, screen));
  if (entries.length < shown.entries.length) lines.push(report.allShown(shown.entries.length - entries.length));
  return lines.join('\n');
}

function entryLines(entry: ShownEntry, screen: ShowScreen): string[] {
  const { say } = screen;
  const words = showWords(screen.lang);
  const report = reportWords(screen.lang);
  const { restored, refused } = entry;
  const who = [entry.person, entry.department].filter((part) => part !== undefined).join(', ');
  const findings = entry.findings.map(report.findingOf).join(', ');
  const about = [
    `${entry.login} (${entry.directory})`,
    ...(who === '' ? [] : [who]),
    ...(findings === '' ? [] : [findings]),
  ];
  const facts: [string, string | undefined][] = [
    [words.entry, entry.name === entry.login ? undefined : entry.name],
    [words.planned, entry.changes.map(say).join('; ')],
    [words.reason, entry.evidence.map(say).join('; ')],
    [words.decided, entry.decisions.map((decision) => decisionText(decision, screen)).join('\n')],
    [words.unanswered, entry.unanswered > 0 ? String(entry.unanswered) : undefined],
    [words.done, entry.done.map(say).join('; ')],
    [words.notDone, [...entry.left, ...(refused === undefined ? [] : [refused])].map(say).join('; ')],
    [words.cutOff, entry.cutOff.map(say).join('; ')],
    [words.restored, restored && `${moment(restored.at)}, ${words.run} ${restored.by}`],
    [words.conflicts, restored?.conflicts.map(say).join('; ')],
  ];
  return [...wrapped(`[${words.stateOf(entry.state)}] ${about.join(', ')}`, 0, screen), ...factLines(facts, 2, screen)];
}

/** Who has signed is told before who has read the file in. */
function decisionText(
  { right, decision, by, signedBy, at, reason, from }: ShownDecision,
  { lang, say }: ShowScreen,
): string {
  const words = showWords(lang);
  const what = right === undefined ? words[decision] : `${right}: ${words[decision]}`;
  const who = signedBy === undefined ? by : `${signedBy} (${by})`;
  return `${what} ${words.by} ${who}, ${moment(at)}${reason === undefined ? '' : `: ${reason}`} (${say(from)})`;
}

/** A person or an account, and everything that is known of it. */
export function lookText(look: ShownLook, screen: ShowScreen): string {
  const { say } = screen;
  const words = showWords(screen.lang);
  const report = reportWords(screen.lang);
  const lines: string[] = [];
  if (look.fresh) lines.push(`${look.what}: ${words.readNow}, ${moment(look.at ?? '')}`);
  else {
    lines.push(...wrapped(`${look.what}: ${words.recorded}`, 0, screen));
    const age = look.at === null ? undefined : formatDuration(Math.max(0, screen.nowMs - Date.parse(look.at)));
    lines.push(
      ...wrapped(
        look.at === null ? words.noAudit : `${words.run} ${look.run}, ${moment(look.at)} (${words.ago(age ?? '')})`,
        0,
        screen,
      ),
    );
  }
  if (look.unjudged.length > 0) {
    lines.push('', `!! ${report.notRead} (${look.unjudged.length})`);
    for (const text of look.unjudged) lines.push(...wrapped(`!! ${say(text)}`, 0, screen));
  }
  for (const person of look.people) lines.push('', ...personLines(person, screen));
  for (const account of look.accounts) lines.push('', ...accountLines(account, look.fresh, screen));
  return lines.join('\n');
}

function personLines(person: ShownPerson, screen: ShowScreen): string[] {
  const words = showWords(screen.lang);
  const days = [
    ...(person.startsOn === undefined ? [] : [`${words.from} ${person.startsOn}`]),
    ...(person.endsOn === undefined ? [] : [`${words.until} ${person.endsOn}`]),
  ];
  return [
    ...wrapped(`${words.person} ${person.name ?? person.id}`, 0, screen),
    ...factLines(
      [
        [words.employee, person.id],
        [words.login, person.login],
        [words.mail, person.mail],
        [words.place, person.places.map(({ department, post }) => `${department ?? '-'}, ${post ?? '-'}`).join('; ')],
        [words.head, person.manager],
        [words.employment, [words.employmentOf(person.employment), ...days].join(', ')],
        [words.unclear, person.unclear === undefined ? undefined : screen.say(person.unclear)],
        [words.where, person.where],
      ],
      2,
      screen,
    ),
  ];
}

function accountLines(known: KnownAccount, fresh: boolean, screen: ShowScreen): string[] {
  const { say } = screen;
  const words = showWords(screen.lang);
  const report = reportWords(screen.lang);
  const { now, hold } = known;
  const facts: [string, string | undefined][] = [
    [words.entry, known.name === known.login ? undefined : known.name],
    [words.key, known.key],
    ...(now ? nowFacts(now, screen) : []),
    ...(fresh && !now ? [[words.state, words.notThere] as [string, string]] : []),
    ...(now ? [] : [[words.belongs, known.person] as [string, string | undefined]]),
    [words.hold, hold && holdText(hold, screen)],
    [
      words.findings,
      known.findings
        .map(({ type, evidence, figure }) =>
          [`${report.findingOf(type)}: ${say(evidence)}`, ...(figure === undefined ? [] : [`[${say(figure)}]`])].join(
            ' ',
          ),
        )
        .join('\n'),
    ],
    [
      words.history,
      known.history
        .map(({ at, change, run, done, left, cutOff, restored }) =>
          [
            `${moment(at)} ${say(change)} (${run})`,
            ...done.map(say),
            ...left.map((text) => `${words.notDone}: ${say(text)}`),
            ...(cutOff ? [words.cutOff] : []),
            ...(restored ? [`${words.restored} ${moment(restored.at)} (${restored.by})`] : []),
            ...(restored?.conflicts ?? []).map((text) => `${words.conflicts}: ${say(text)}`),
          ].join('; '),
        )
        .join('\n') || words.noHistory,
    ],
  ];
  return [
    ...wrapped(`${words.account} ${known.login} (${known.directory})`, 0, screen),
    ...factLines(facts, 2, screen),
  ];
}

function nowFacts(now: NonNullable<KnownAccount['now']>, screen: ShowScreen): [string, string | undefined][] {
  const { say } = screen;
  const words = showWords(screen.lang);
  const report = reportWords(screen.lang);
  const password = [
    ...(now.passwordChangedAt === undefined ? [] : [dateOf(now.passwordChangedAt, screen)]),
    ...(now.passwordNeverExpires ? [words.neverExpires] : []),
  ];
  const rights = now.rights.map(({ right, held, due, because }) => {
    const why = because.length > 0 ? `${words.due} ${because.join('; ')}` : due === null ? words.noRole : words.notDue;
    return `${held ? words.held : words.missing}  ${right}  (${why})`;
  });
  return [
    [words.state, [report.stateOf(now.state), ...(now.held ? [words.inHold] : [])].join(', ')],
    [words.use, words.useOf(now.use)],
    [words.belongs, `${now.person === undefined ? '-' : now.person} (${say(now.match)})`],
    [words.owner, now.owner],
    [words.lastUse, lastUseText(now.lastUse, screen)],
    [words.created, now.createdAt === undefined ? undefined : dateOf(now.createdAt, screen)],
    [words.password, password.join(', ')],
    [words.expires, now.expiresAt === undefined ? undefined : dateOf(now.expiresAt, screen)],
    [
      words.secondFactor,
      now.secondFactor === undefined ? words.unknown : now.secondFactor ? words.bound : words.unbound,
    ],
    [words.privileged, now.privileged.join(', ')],
    [words.untouchable, now.untouchable === undefined ? undefined : say(now.untouchable)],
    [words.rights, rights.join('\n')],
  ];
}

function lastUseText(use: Account['lastUse'], screen: ShowScreen): string {
  const words = showWords(screen.lang);
  if ('unknown' in use) return `${words.unknown} (${screen.say(use.unknown)})`;
  if ('never' in use) return `${words.never} (${use.from})`;
  const before = 'orBefore' in use && use.orBefore ? ` ${words.orBefore}` : '';
  return `${moment(new Date(use.at).toISOString())}${before} (${use.from})`;
}

function holdText({ state, since, run, deletableFrom }: NonNullable<KnownAccount['hold']>, screen: ShowScreen): string {
  const words = showWords(screen.lang);
  const where = `${words.run} ${run}`;
  if (state === 'deleted') return `${words.deleted} ${moment(since)}, ${where}`;
  if (state === 'restored') return `${words.restored} ${moment(since)}, ${where}`;
  const end = deletableFrom === null ? words.notDeleted : `${words.deletable} ${moment(deletableFrom)}`;
  return `${moment(since)}, ${where}; ${end}`;
}

function dateOf(ms: number, { timeZone }: ShowScreen): string {
  return new Date(wallTimeOf(ms, timeZone)).toISOString().slice(0, 10);
}

/** Labels in a column of their own; facts that are not known are left out. */
function factLines(facts: readonly [string, string | undefined][], indent: number, screen: ShowScreen): string[] {
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== '');
  const width = Math.max(0, ...known.map(([label]) => displayWidth(label)));
  return known.flatMap(([label, value]) =>
    value
      .split('\n')
      .flatMap((line) => wrap(oneLine(line), screen.columns - indent - width - 2))
      .map((line, index) => `${' '.repeat(indent)}${pad(index === 0 ? label : '', width)}  ${line}`),
  );
}

function wrapped(text: string, indent: number, { columns }: ShowScreen): string[] {
  return wrap(oneLine(text), columns - indent).map((line) => ' '.repeat(indent) + line);
}

function bullet(text: string, screen: ShowScreen): string[] {
  return wrap(oneLine(text), screen.columns - 4).map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`);
}
