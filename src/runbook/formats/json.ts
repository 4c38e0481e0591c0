import type { FormatOptions, Report } from './format.ts';

/** The shape that `--format json` and `--json` print; a golden file holds it. */
export function reportJson({ files, skipped, findings }: Report): unknown {
  const number = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  return {
    files,
    skipped,
    summary: { files: files.length, errors: number('error'), warnings: number('warning'), infos: number('info') },
    findings,
  };
}

export function formatJson(report: Report, _options: FormatOptions): string {
  return `${JSON.stringify(reportJson(report), null, 2)}\n`;
}
