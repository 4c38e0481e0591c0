import type { Procedure } from './types.ts';

/** Emergencies. */
export const emergenciesProcedures: readonly Procedure[] = [
  {
    id: 'EM-01',
    title: { en: 'Plans for 8 kinds of emergency', 'zh-CN': '应急预案' },
    stated: { en: 'kept current', 'zh-CN': '保持最新' },
    cadence: { every: 'always' },
    figures: {
      en: 'power failure, network failure, data loss, server crash, database corruption, mail server failure, permission/sign-in failure, security intrusion; roles named in each (system administrator, database administrator, business support)',
      'zh-CN':
        '断电、断网、数据丢失、服务器宕机、数据库损坏、邮件服务器故障、权限或登录故障、安全入侵；各预案写明角色（系统管理员、数据库管理员、业务支持）',
    },
  },
  {
    id: 'EM-02',
    title: { en: 'Drills', 'zh-CN': '应急演练' },
    stated: { en: 'half-yearly', 'zh-CN': '每半年' },
    cadence: { every: 'half-yearly' },
    figures: { en: 'at least 90 % of the plans drilled', 'zh-CN': '至少演练 90 % 的预案' },
  },
  {
    id: 'EM-03',
    title: { en: 'Response', 'zh-CN': '应急响应' },
    stated: { en: 'at once', 'zh-CN': '立即' },
    cadence: { every: 'event' },
    figures: {
      en: 'team started within 30 min, situation known within 2 h; level 1 = executive in charge, level 2 = department director',
      'zh-CN': '30 分钟内启动小组，2 小时内掌握情况；一级由分管高管负责，二级由部门总监负责',
    },
  },
  {
    id: 'EM-04',
    title: { en: 'Return to service', 'zh-CN': '恢复验证' },
    stated: { en: 'at once', 'zh-CN': '立即' },
    cadence: { every: 'event' },
    figures: {
      en: 'functional check and performance check pass before service resumes',
      'zh-CN': '功能检查和性能检查通过后才恢复服务',
    },
  },
];
