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
}
