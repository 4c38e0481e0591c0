import { defaultRetry } from '../runbook/schema/steps.ts';
import type { LocalizedText, RunbookMetadata, StepSpec } from '../runbook/types.ts';
import { checkTypesByName } from './checks/registry.ts';
import { manualTitle, manualType } from './manual.ts';
import type { InspectionSpec, SectionSpec } from './schema.ts';
import type { PlannedCheck } from './types.ts';

/** The check as the step of the verdict knows it: everything that a report tells of it but its results. */
export interface ReportedCheck {
  id: string;
  name: LocalizedText;
  type: string;
  severity: string;
  needs: string[];
}

export interface ReportedSection {
  id: string;
  title: LocalizedText;
  checks: ReportedCheck[];
}

/**
 * The steps of an inspection: one for all checks of the same hosts under the same account, so that each host is asked once; one for each sign-off
 * of a person; then the verdict. None of them waits for another but the verdict.
 */
export function expandInspection(spec: InspectionSpec, metadata: RunbookMetadata): StepSpec[] {
  const base = { parallel: 1, outputs: {}, retry: defaultRetry, idempotent: true } as const;
  const automatic = spec.sections.filter((section) => plannedChecks(section).length > 0);
  const collected = Map.groupBy(automatic, placeOf);
  const collect = [...collected.values()].map((sections, index): StepSpec => {
    const [first] = sections;
    const checks = sections.flatMap(plannedChecks);
    return {
      ...base,
      id: `collect${collected.size > 1 ? `-${index + 1}` : ''}`,
      name: collectName(sections),
      uses: 'inspect.collect',
      with: { inspection: metadata.name, checks },
      needs: [],
      parallel: spec.parallel,
      onFailure: 'continue',
      ...(first!.targets ? { targets: first!.targets } : {}),
      ...(first!.become ? { become: first!.become } : {}),
    };
  });
  const signed = spec.sections.flatMap((section) =>
    section.checks
      .filter(({ check }) => check === manualType)
      .map(
        (check): StepSpec => ({
          ...base,
          id: `sign-${check.id}`,
          name: check.name ?? { en: check.id },
          uses: 'inspect.sign',
          with: {
            inspection: metadata.name,
            section: section.id,
            check: check.id,
            name: check.name ?? { en: check.id },
            enabled: check.enabled,
            ...check.with,
          },
          needs: typeof check.with['notBy'] === 'string' ? [`sign-${check.with['notBy']}`] : [],
          parallel: 1000,
          onFailure: 'continue',
          ...(section.targets ? { targets: section.targets } : {}),
        }),
      ),
  );
  const judge: StepSpec = {
    ...base,
    id: 'judge',
    name: { en: 'Verdict', 'zh-CN': '结论' },
    uses: 'inspect.judge',
    with: { inspection: metadata.name, sections: spec.sections.map(reported), waivers: spec.waivers },
    needs: [...collect, ...signed].map(({ id }) => id),
    outputs: Object.fromEntries(verdictOutputs.map((name) => [name, `result.${name}`])),
    onFailure: 'stop',
  };
  return [...collect, ...signed, judge, ...(spec.finally ?? []).map((step) => ({ ...step, always: true }))];
}

/** What steps under `finally` can read of the verdict. */
export const verdictOutputs = ['verdict', 'summary', 'lines', 'failed', 'new'];

/** Ids that the kind gives to its own steps. */
export const ownStepIds = /^(collect(-\d+)?|sign-.*|judge)$/;

function placeOf({ targets, become }: SectionSpec): string {
  return JSON.stringify([targets ?? null, become ?? null]);
}

function plannedChecks(section: SectionSpec): PlannedCheck[] {
  return section.checks
    .filter(({ check }) => check !== manualType)
    .map(({ id, check, with: args, enabled, timeout }) => ({
      id,
      section: section.id,
      check,
      with: args,
      // The plan has true or false there.
      enabled: enabled as boolean,
      timeoutMs: timeout,
    }));
}

function reported(section: SectionSpec): ReportedSection {
  return {
    id: section.id,
    title: section.title ?? { en: section.id },
    checks: section.checks.map(({ id, name, check, severity, needs }) => ({
      id,
      name: name ?? (check === manualType ? manualTitle : checkTypesByName.get(check)?.title) ?? { en: id },
      type: check,
      severity,
      needs: needs ?? [],
    })),
  };
}

function collectName(sections: readonly SectionSpec[]): LocalizedText {
  const all = (lang: 'en' | 'zh-CN') => sections.map(({ id, title }) => title?.[lang] ?? title?.en ?? id).join(', ');
  return { en: all('en'), 'zh-CN': all('zh-CN') };
}
