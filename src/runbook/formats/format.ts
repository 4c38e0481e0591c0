import type { Finding } from '../types.ts';
import { formatGithub } from './github.ts';
import { formatGitlab } from './gitlab.ts';
import { formatJson } from './json.ts';
import { formatJunit } from './junit.ts';
import { formatSarif } from './sarif.ts';
import { formatText } from './text.ts';

/** What a validation gives to every format. */
export interface Report {
  /** Files that were checked, as named by the user; `<stdin>` for standard input. */
  files: string[];
  /** Files of folders that are no runbooks of oaops. */
  skipped: string[];
  findings: Finding[];
}

export interface FormatOptions {
  color: boolean;
  /** Version of oaops, for formats that name their tool. */
  toolVersion: string;
  /** Folder that relative paths of the findings start from. */
  cwd: string;
  /** Puts messages into the language of the user, in the text for people; default English. */
  say?: (english: string) => string;
}

export const formatNames = ['text', 'json', 'github', 'gitlab', 'junit', 'sarif'] as const;
export type FormatName = (typeof formatNames)[number];

const formats: Record<FormatName, (report: Report, options: FormatOptions) => string> = {
  text: formatText,
  json: formatJson,
  github: formatGithub,
  gitlab: formatGitlab,
  junit: formatJunit,
  sarif: formatSarif,
};

/** The findings as one text in the given format. */
export function formatReport(name: FormatName, report: Report, options: FormatOptions): string {
  return formats[name](report, options);
}
