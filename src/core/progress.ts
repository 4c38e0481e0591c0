/** How far long work is, for whoever shows it. What is not known is left out. */
export interface WorkProgress {
  bytesDone: number;
  bytesTotal?: number | undefined;
  filesDone?: number | undefined;
  filesTotal?: number | undefined;
  problems?: number | undefined;
  /** What is being worked on, for people. */
  current?: string | undefined;
  /** Further lines: how each leg fares. Asked only when it is shown. */
  parts?: () => readonly string[];
}

/** Where progress is shown; work tells as often as it likes. */
export interface ProgressScreen {
  show(progress: WorkProgress): void;
  /** Takes it off, for other lines; the next `show` brings it back. */
  clear(): void;
}
