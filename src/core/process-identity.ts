import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names one process of one machine for good, so that a lock can tell whether its owner still lives. */
export interface ProcessIdentity {
  /** machine-id(5), with the pid namespace when it is not the first one: pids of two containers can't be compared. */
  machineId: string;
  /** /proc/sys/kernel/random/boot_id (random(4)). */
  bootId: string;
  pid: number;
  /** Field 22 of /proc/<pid>/stat (proc(5)): tells a reused pid from the same process. */
  processStart: string;
  hostname: string;
}

/** Inode of the pid namespace that a machine boots with (PROC_PID_INIT_INO in the kernel's proc_ns.h). */
const firstPidNamespace = 'pid:[4026531836]';

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || otherwise;
  } catch {
    return otherwise;
  }
}

/** Start time of a process in clock ticks since boot; undefined when it is gone, or dead and only not yet reaped. */
export function processStartOf(pid: number): string | undefined {
  const stat = readOr(`/proc/${pid}/stat`, '');
  // The command name stands in parentheses and may contain anything, so count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return start === undefined || state === 'Z' || state === 'X' ? undefined : start;
}

export function currentProcessIdentity(pid: number = process.pid): ProcessIdentity {
  let namespace = firstPidNamespace;
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Not Linux, or /proc is hidden: pids of this machine are then the only ones.
  }
  const machine = readOr('/etc/machine-id', hostname());
  return {
    machineId: namespace === firstPidNamespace ? machine : `${machine}/${namespace}`,
    bootId: readOr('/proc/sys/kernel/random/boot_id', 'unknown'),
    pid,
    processStart: processStartOf(pid) ?? '0',
    hostname: hostname(),
  };
}

/**
 * `alive` or `gone` when that can be known from here; `elsewhere` for a process of another machine.
 * Cloned machines may share a machine-id, so the host name must agree too before a different boot means "gone".
 */
export function processState(owner: ProcessIdentity, self: ProcessIdentity): 'alive' | 'gone' | 'elsewhere' {
  if (owner.machineId !== self.machineId || owner.hostname !== self.hostname) return 'elsewhere';
  if (owner.bootId !== self.bootId) return 'gone';
  return processStartOf(owner.pid) === owner.processStart ? 'alive' : 'gone';
}
