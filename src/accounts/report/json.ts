import type { AccountReport } from './report.ts';

/** The report as one document, written finding by finding. Types, directories and evidence are as in the record, whatever the language. */
export function* jsonReport(report: AccountReport): Generator<string> {
  const { findings, ...head } = report;
  const text = JSON.stringify(head, null, 2);
  yield `${text.slice(0, text.lastIndexOf('\n}'))},\n  "findings": [`;
  let separator = '\n';
  for (const finding of findings) {
    yield `${separator}    ${JSON.stringify(finding)}`;
    separator = ',\n';
  }
  yield findings.length > 0 ? '\n  ]\n}\n' : ']\n}\n';
}
