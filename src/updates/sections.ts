import { unknown } from './types.ts';

/** What one question of the script gave. */
export interface Section {
  exitCode: number;
  out: string;
  err: string;
}

/** The output of the check script by question. One that was begun and has no end is left out: it is not whole. */
export function sectionsOf(stdout: string, stderr: string, mark: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Section>();
  const said = errorsOf(stderr, mark);
  let name: string | undefined;
  let lines: string[] = [];
  for (const line of stdout.split('\n')) {
    const begin = afterMark(line, `${mark} begin `);
    if (begin !== undefined) {
      [name, lines] = [begin, []];
      continue;
    }
    const end = afterMark(line, `${mark} end `)?.split(' ');
    if (end === undefined) lines.push(line);
    else {
      if (end[0] === name && /^\d+$/.test(end[1] ?? ''))
        sections.set(name!, { exitCode: Number(end[1]), out: lines.join('\n'), err: said.get(name!) ?? '' });
      name = undefined;
    }
  }
  return sections;
}

/** A question that must have an answer. @throws OaopsError `updates-unknown` */
export function answerTo(sections: ReadonlyMap<string, Section>, name: string, codes: readonly number[]): Section {
  const section = sections.get(name);
  if (!section) throw unknown('the answer of the package manager is not whole', 'Ask this host again.');
  if (!codes.includes(section.exitCode)) throw unknown(refusalOf(section));
  return section;
}

/** Lines of a question that need not have an answer. */
export function linesOf(sections: ReadonlyMap<string, Section>, name: string): string[] {
  const section = sections.get(name);
  if (section?.exitCode !== 0) return [];
  return section.out
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** How long ago the newest of the lists was fetched, by the clock of the host. */
export function listsAge(sections: ReadonlyMap<string, Section>): number | null {
  const [now] = linesOf(sections, 'now');
  const stamps = (sections.get('stamps')?.out.split('\n') ?? []).filter((line) => /^\d+$/.test(line)).map(Number);
  if (!/^\d+$/.test(now ?? '') || stamps.length === 0) return null;
  return Math.max(0, Number(now) - stamps.reduce((a, b) => Math.max(a, b)));
}

function refusalOf({ exitCode, out, err }: Section): string {
  const said = [...err.split('\n'), ...out.split('\n')].map((line) => line.trim()).filter((line) => line !== '');
  const told = said.find((line) => /^(E:|Error|error:)/.test(line)) ?? said[0];
  return `the package manager ended with exit code ${exitCode}${told === undefined ? '' : `: ${told.slice(0, 300)}`}`;
}

function errorsOf(stderr: string, mark: string): Map<string, string> {
  const said = new Map<string, string>();
  let name = '';
  for (const line of stderr.split('\n')) {
    const begin = afterMark(line, `${mark} begin `);
    if (begin === undefined) said.set(name, `${said.get(name) ?? ''}${line}\n`);
    else name = begin;
  }
  return said;
}

function afterMark(line: string, mark: string): string | undefined {
  return line.startsWith(mark) ? line.slice(mark.length) : undefined;
}
