import type { KindDefinition, Report } from '../runbook/types.ts';
import { expandInspection, ownStepIds, verdictOutputs } from './expand.ts';
import { manualType } from './manual.ts';
import { type InspectionSpec, inspectionSpecSchema } from './schema.ts';

/** Checks on hosts and of services, with sign-offs of people, waivers and a verdict (IN-01 to IN-10). */
export const inspectionKind: KindDefinition = {
  kind: 'Inspection',
  title: { en: 'Inspection', 'zh-CN': '巡检' },
  specSchema: inspectionSpecSchema,
  stepPaths: [['spec', 'finally']],
  ownSteps: [{ id: 'judge', outputs: verdictOutputs, readIn: ['finally'] }],
  // Hosts are asked all at once, before any step has ended.
  valueRoots: ['inputs', 'run', 'target'],
  checkPaths: [['spec', 'sections', '*', 'checks']],
  expand: (spec, metadata) => expandInspection(spec as InspectionSpec, metadata),
  rules: (spec, report) => checkInspection(spec as InspectionSpec, report),
  template: 'inspection.yaml',
};

function checkInspection({ sections, waivers, finally: last }: InspectionSpec, report: Report): void {
  const sectionIds = new Set<string>();
  const needsOf = new Map<string, readonly string[]>();
  for (const [s, section] of sections.entries()) {
    if (sectionIds.has(section.id)) twice(report, section.id, ['spec', 'sections', s, 'id']);
    sectionIds.add(section.id);
    for (const [c, { id, needs }] of section.checks.entries()) {
      if (needsOf.has(id)) twice(report, id, ['spec', 'sections', s, 'checks', c, 'id']);
      needsOf.set(id, needs ?? []);
    }
  }
  for (const [s, section] of sections.entries())
    for (const [c, { id, needs = [] }] of section.checks.entries()) {
      const path = ['spec', 'sections', s, 'checks', c, 'needs'];
      const unknown = needs.find((need) => !needsOf.has(need));
      if (unknown !== undefined)
        report({
          rule: 'inspection-check-unknown',
          message: `there is no check "${unknown}"`,
          next: 'Write the id of a check of this inspection.',
          path,
        });
      else if (needs.some((need) => reaches(needsOf, need, id)))
        report({
          rule: 'inspection-needs-circle',
          message: `"${id}" needs itself`,
          next: 'Remove one of these "needs".',
          path,
        });
    }
  checkSigners(sections, report);
  for (const [w, { check }] of waivers.entries())
    if (!needsOf.has(check))
      report({
        rule: 'inspection-check-unknown',
        message: `there is no check "${check}"`,
        next: 'Write the id of a check of this inspection.',
        path: ['spec', 'waivers', w, 'check'],
      });
  for (const [index, { id }] of (last ?? []).entries())
    if (ownStepIds.test(id))
      report({
        rule: 'inspection-step-id',
        message: `the id "${id}" looks like one that an inspection gives to its own steps`,
        next: 'Choose an id other than judge, collect-<number> and sign-<check>.',
        path: ['spec', 'finally', index, 'id'],
      });
}

/** Whoever signs second waits for a sign-off that exists, and that does not wait for this one. */
function checkSigners(sections: InspectionSpec['sections'], report: Report): void {
  const before = new Map<string, string | undefined>();
  for (const { checks } of sections)
    for (const { id, check, with: args } of checks)
      if (check === manualType) before.set(id, typeof args['notBy'] === 'string' ? args['notBy'] : undefined);
  for (const [s, { checks }] of sections.entries())
    for (const [c, { id, check }] of checks.entries()) {
      const first = check === manualType ? before.get(id) : undefined;
      if (first === undefined) continue;
      const path = ['spec', 'sections', s, 'checks', c, 'with', 'notBy'];
      if (!before.has(first))
        report({
          rule: 'inspection-check-unknown',
          message: `there is no check "${first}" that a person signs`,
          next: 'Write the id of a manual check of this inspection.',
          path,
        });
      else if (reaches(new Map([...before].map(([from, to]) => [from, to === undefined ? [] : [to]])), first, id))
        report({
          rule: 'inspection-needs-circle',
          message: `"${id}" would wait for its own sign-off`,
          next: 'Remove one of these "notBy".',
          path,
        });
    }
}

function twice(report: Report, id: string, path: (string | number)[]): void {
  report({
    rule: 'inspection-id-duplicate',
    message: `the id "${id}" is there twice`,
    next: 'Give each an id of its own.',
    path,
  });
}

function reaches(needsOf: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const queue = [from];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next === to) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...(needsOf.get(next) ?? []));
  }
  return false;
}
