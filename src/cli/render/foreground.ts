import { readFileSync } from 'node:fs';

/**
 * False in a background job of a shell: its terminal is somebody else's for the time being. Fields pgrp and tpgid of
 * proc_pid_stat(5); without a terminal of its own a process has no background.
 */
export function inForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(foreground) <= 0 || group === foreground;
  } catch {
    return true;
  }
}
