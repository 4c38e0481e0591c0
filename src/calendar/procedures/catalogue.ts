import type { Cadence } from '../cadence.ts';
import { accountsProcedures } from './accounts.ts';
import { backupProcedures } from './backup.ts';
import { emergenciesProcedures } from './emergencies.ts';
import { inspectionProcedures } from './inspection.ts';
import { processesProcedures } from './processes.ts';
import { reportsProcedures } from './reports.ts';
import type { ProcedureRules } from './schema.ts';
import { serviceProcedures } from './service.ts';
import type { Area, BothLanguages, Procedure } from './types.ts';
import { upgradesProcedures } from './upgrades.ts';

/** Every procedure of the handbooks, in their order. */
export const procedures: readonly Procedure[] = [
  ...backupProcedures,
  ...upgradesProcedures,
  ...inspectionProcedures,
  ...accountsProcedures,
  ...serviceProcedures,
  ...emergenciesProcedures,
  ...processesProcedures,
  ...reportsProcedures,
];

export const areaTitles: Readonly<Record<Area, BothLanguages>> = {
  BK: { en: 'Backup and recovery', 'zh-CN': '备份与恢复' },
  UP: { en: 'Patches and upgrades', 'zh-CN': '补丁与升级' },
  IN: { en: 'Inspection and monitoring', 'zh-CN': '巡检与监控' },
  AC: { en: 'Accounts and access', 'zh-CN': '账号与权限' },
  SV: { en: 'Incidents, service levels, knowledge', 'zh-CN': '事件、服务级别与知识库' },
  EM: { en: 'Emergencies', 'zh-CN': '应急' },
  PF: { en: 'Flow of business processes in the OA system', 'zh-CN': 'OA 业务流程' },
  RP: { en: 'Reports, records, improvement, people', 'zh-CN': '报告、记录、改进与人员' },
};

/** A procedure as it holds at this site. */
export interface SiteProcedure extends Procedure {
  /** The cadence was changed in the configuration. */
  changed: boolean;
  /** Why it does not apply here; null when it does. */
  notApplicable: string | null;
}

/** The catalogue with what the configuration of the site says of it. */
export function siteProcedures(rules: ProcedureRules = {}): SiteProcedure[] {
  return procedures.map((procedure) => {
    const rule = rules[procedure.id];
    const cadence = cadenceOf(procedure.cadence, rule);
    const notApplicable = rule?.applies === false ? (rule.reason ?? '') : null;
    return { ...procedure, cadence, changed: cadence !== procedure.cadence, notApplicable };
  });
}

/** Options that are not written stay as the handbook has them, unless the cadence is another one. */
function cadenceOf(stated: Cadence, rule: ProcedureRules[string]): Cadence {
  if (!rule) return stated;
  const { cadence, weekday, ifHoliday, by, shifts } = rule;
  if ([cadence, weekday, ifHoliday, by, shifts].every((value) => value === undefined)) return stated;
  const every = cadence ?? stated.every;
  const { every: _, ...kept } = every === stated.every ? stated : { every };
  return {
    every,
    ...kept,
    ...(weekday ? { weekday } : {}),
    ...(ifHoliday ? { ifHoliday } : {}),
    ...(by ? { by } : {}),
    ...(shifts ? { shifts } : {}),
  };
}
