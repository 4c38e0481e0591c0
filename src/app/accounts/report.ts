import { auditsOf, findingsOf, policiesOf } from '../../accounts/record.ts';
import type { App } from '../../app.ts';
import type { Column } from '../../cli/render/table.ts';
import type { Language } from '../../cli/texts/language.ts';
import { accountRun } from './run.ts';

export interface AccountReportRequest {
  format: 'text' | 'json' | 'csv' | 'markdown' | 'html';
  out: string | undefined;
  findings: readonly string[];
  directories: readonly string[];
  /** Every line, not only the first of each type. */
  all: boolean;
}

interface Telling {
  lang: Language;
  say(text: string): string;
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): string;
}

/** The report of a run that compared accounts with people. */
export async function tellAccounts(
  app: App,
  run: string,
  request: AccountReportRequest,
  telling: Telling,
): Promise<{ json: unknown; text: string }> {
  const { row } = await accountRun(app, run);
  const { facts } = await app.record();
  const summary = (await auditsOf(facts, row.runbook)).find((one) => one.run === row.id);
  const findings = ((await findingsOf(facts, row.id)) ?? []).filter(
    ({ type, directory }) =>
      (request.findings.length === 0 || request.findings.includes(type)) &&
      (request.directories.length === 0 || request.directories.includes(directory)),
  );
  const policies = await policiesOf(facts, row.id);
  const json = {
    run: row.id,
    runbook: row.runbook,
    status: row.status,
    summary: summary ?? null,
    findings,
    policies: policies ?? null,
  };
  const rows = findings.map(({ type, directory, login, evidence, figure }) => [
    type,
    directory,
    login,
    figure === undefined ? evidence : `${evidence} [${figure}]`,
  ]);
  return {
    json,
    text: telling.table(
      [{ title: 'FINDING' }, { title: 'DIRECTORY' }, { title: 'ACCOUNT' }, { title: 'EVIDENCE', wrap: true } as never],
      rows,
    ),
  };
}
