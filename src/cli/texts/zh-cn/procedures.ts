import type { Messages } from '../catalogue.ts';

/** The catalogue of procedures, what a site changes in it, what is due, and the report on it. */
export const procedures = (): Messages => ({
  'two shifts begin at the same time': '两个班次的开始时间相同',
  'a procedure that does not apply has no reason': '不适用的规程没有写明原因',
  'Write one, auditors will ask for it.': '请写明原因，审计时会问到。',
  'a reason for a procedure that applies': '规程适用，却写了不适用的原因',
  'Write "applies: false", or leave it out.': '请写“applies: false”，或去掉原因。',
  '"{}" means nothing with the cadence "{}"': '“{}”对周期“{}”没有意义',
  'there is no procedure {}': '没有规程 {}',
  'See docs/procedures.md for all of them.': '全部规程见 docs/procedures.md。',
});
