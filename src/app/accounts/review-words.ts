import type { ReviewLine } from '../../accounts/review/lines.ts';
import { changeWord, findingWord, type ListLanguage } from '../../accounts/review/words.ts';
import { loadTexts, sayLines } from '../../cli/texts/texts.ts';

/** A line as it is shown at a terminal: whose account, what is proposed, and why. */
export function factWords(line: ReviewLine, lang: ListLanguage): { who: string; what: string; why: string } {
  const { login, personName, directory, right } = line;
  const proposal = line.proposal.map((change) => changeWord(change, lang)).join(', ');
  const findings = line.findings.map((type) => findingWord(type, lang)).join(', ');
  return {
    who: [login, ...(personName === undefined ? [] : [personName])].join(' '),
    what: `[${findings}] ${proposal}${right === undefined ? '' : ` ${right}`} (${directory})`,
    why: line.evidence.map((fact) => sayLines(lang, fact)).join('; '),
  };
}

/** Words of oaops in any language, whatever that of the user is: a list may have been written for somebody else. */
export async function sayInAll(): Promise<(lang: ListLanguage, english: string) => string> {
  await loadTexts('zh-CN');
  return sayLines;
}
