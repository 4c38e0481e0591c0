import type { ChangeName } from '../directory.ts';
import { type FindingType, findingNames } from '../model.ts';

export const listLanguages = ['en', 'zh-CN'] as const;
export type ListLanguage = (typeof listLanguages)[number];

const changeWords: Record<ChangeName, string> = {
  disable: '停用',
  strip: '收回权限',
  hold: '移入保留区',
  delete: '删除',
  grant: '授予权限',
  update: '更新资料',
  sessions: '结束会话并清除密钥与任务',
};

/** Findings and changes as heads read them, who know no codes. */
export function findingWord(type: FindingType, lang: ListLanguage): string {
  return lang === 'en' ? type : findingNames[type][lang];
}

export function changeWord(change: ChangeName, lang: ListLanguage): string {
  return lang === 'en' ? change : changeWords[change];
}

export function decisionWord(decision: 'do' | 'keep', lang: ListLanguage): string {
  if (lang === 'en') return decision;
  return decision === 'do' ? '执行' : '保留';
}
