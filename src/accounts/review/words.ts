import type { ChangeName } from '../directory.ts';
import type { FindingType } from '../model.ts';

export const listLanguages = ['en', 'zh-CN'] as const;
export type ListLanguage = (typeof listLanguages)[number];

const findingWords: Record<FindingType, string> = {
  leaver: '离职人员账号',
  dormant: '长期未用',
  'never-used': '从未使用',
  orphan: '无主账号',
  duplicate: '重复账号',
  shared: '共用账号',
  'default-account': '系统默认账号',
  'privileged-without-owner': '特权账号无负责人',
  'password-too-old': '密码过旧',
  'password-never-expires': '密码永不过期',
  'no-second-factor': '未绑定双因素',
  'rights-beyond-role': '权限超出岗位',
  'rights-missing': '缺少应有权限',
  'expired-temporary': '临时账号到期',
  unknown: '无法判断',
};

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
  return lang === 'en' ? type : findingWords[type];
}

export function changeWord(change: ChangeName, lang: ListLanguage): string {
  return lang === 'en' ? change : changeWords[change];
}

export function decisionWord(decision: 'do' | 'keep', lang: ListLanguage): string {
  if (lang === 'en') return decision;
  return decision === 'do' ? '执行' : '保留';
}
