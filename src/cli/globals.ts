import type { Redactor } from '../core/redaction.ts';

/** What every command is told by flags before its own flags matter; handed to the composition root. */
export interface GlobalOptions {
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  debug: boolean;
  color: boolean;
  logFile?: string;
  configFile?: string;
  lang?: string;
  /** Knows the secrets that come up; shared, so that the command's own output, errors and log are free of them too. */
  redactor?: Redactor;
}
