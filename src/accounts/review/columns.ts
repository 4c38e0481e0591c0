import { comparable, comparableName } from '../matching/comparable.ts';
import { lineDigest, type ReviewLine } from './lines.ts';
import { changeWord, findingWord, type ListLanguage, listLanguages } from './words.ts';

/** Columns in their order; the first row names them in the language of whoever has the list written, and both are understood. */
export const columnNames = {
  line: { en: 'line', 'zh-CN': '行号' },
  department: { en: 'department', 'zh-CN': '部门' },
  head: { en: 'head', 'zh-CN': '负责人工号' },
  person: { en: 'person', 'zh-CN': '工号' },
  name: { en: 'name', 'zh-CN': '姓名' },
  login: { en: 'login', 'zh-CN': '登录名' },
  directory: { en: 'directory', 'zh-CN': '目录' },
  account: { en: 'account', 'zh-CN': '账号' },
  finding: { en: 'finding', 'zh-CN': '发现' },
  evidence: { en: 'evidence', 'zh-CN': '依据' },
  right: { en: 'right', 'zh-CN': '权限' },
  proposal: { en: 'proposal', 'zh-CN': '建议处理' },
  decision: { en: 'decision (do/keep)', 'zh-CN': '决定（执行/保留）' },
  reason: { en: 'reason', 'zh-CN': '理由' },
  run: { en: 'run', 'zh-CN': '运行编号' },
  check: { en: 'check', 'zh-CN': '校验值' },
} as const satisfies Record<string, Record<ListLanguage, string>>;
export type ColumnName = keyof typeof columnNames;
export const columnOrder = Object.keys(columnNames) as ColumnName[];

/** Columns that the head fills in. */
export const answerColumns: ReadonlySet<ColumnName> = new Set(['decision', 'reason']);

/** Words of oaops in a language: evidence is written in English and told in that of the reader. */
export type Say = (lang: ListLanguage, english: string) => string;

/** What stands in the columns of a line, as texts; the answers are empty. */
export function factsOf(run: string, line: ReviewLine, lang: ListLanguage, say: Say): Record<ColumnName, string> {
  return {
    line: line.id,
    department: line.department ?? '',
    head: line.head ?? '',
    person: line.person ?? '',
    name: line.personName ?? '',
    login: line.login,
    directory: line.directory,
    account: line.account,
    finding: line.findings.map((type) => findingWord(type, lang)).join(', '),
    evidence: line.evidence.map((fact) => say(lang, fact)).join('; '),
    right: line.right ?? '',
    proposal: line.proposal.map((change) => changeWord(change, lang)).join(', '),
    decision: '',
    reason: '',
    run,
    check: lineDigest(run, line),
  };
}

/** The column that a heading stands for. */
export function columnOf(heading: string): ColumnName | undefined {
  const name = comparable(heading, true);
  return columnOrder.find((column) =>
    listLanguages.some((lang) => comparable(columnNames[column][lang], true) === name),
  );
}

const answers = new Map<string, 'do' | 'keep'>([
  ...['do', 'yes', 'y', '执行', '是'].map((word) => [word, 'do'] as const),
  ...['keep', 'no', 'n', '保留', '否'].map((word) => [word, 'keep'] as const),
]);

/** What heads write where the proposal is to take a right away; of anything else nobody could tell what it would take back. */
const takingAway: ReadonlySet<string> = new Set(['revoke', 'remove', '收回', '收回权限', '撤销', '回收', '移除']);

/** A decision as people write it, in either language; undefined: it is none. `right`: the line is about one right. */
export function answerOf(cell: string, right: string | undefined): 'do' | 'keep' | undefined {
  const word = comparableName(cell, true);
  return answers.get(word) ?? (right !== undefined && takingAway.has(word) ? 'do' : undefined);
}
