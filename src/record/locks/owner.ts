import { readFileSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../../core/errors.ts';
import { sha256Hex } from '../../core/json.ts';
import type { LockOwner } from '../types.ts';

/** Who a process is, so that others can tell whether it still lives. */
export type ProcessIdentity = Omit<LockOwner, 'purpose'>;

/** What locks need to know about processes of this machine. */
export interface Processes {
  self: ProcessIdentity;
  /** True while the process with this pid and start time lives (a zombie doesn't). */
  alive(pid: number, processStart: string): boolean;
}

/** Inode of the first pid namespace of every kernel (PROC_PID_INIT_INO): a process in it sees all processes. */
const initialPidNamespace = 'pid:[4026531836]';

/** This process and its machine, from /proc (proc(5)) and /etc/machine-id (machine-id(5)). */
export function systemProcesses(hostname: string): Processes {
  return {
    self: {
      machineId:
        readText('/etc/machine-id') ??
        readText('/var/lib/dbus/machine-id') ??
        `host-${sha256Hex(hostname).slice(0, 32)}`,
      bootId: readText('/proc/sys/kernel/random/boot_id') ?? '',
      pid: process.pid,
      processStart: startOf(process.pid)?.start ?? '',
      pidNamespace: pidNamespace(),
      hostname,
    },
    alive,
  };
}

/**
 * - `alive`: holds the lock, however long ago it was renewed.
 * - `gone`: its process has ended; the lock can be taken at once.
 * - `elsewhere`: cannot be looked at from here (other machine, other container); only expiry decides.
 */
export type OwnerState = 'alive' | 'gone' | 'elsewhere';

/**
 * Boot id and pid namespace together name one table of processes; in the same one the pid decides. Another boot id on
 * the same machine means that it was started anew, which ends every process. Containers are not judged that way: their
 * machine id and host name come from an image and may be those of a copy that runs on another machine.
 */
export function ownerState(owner: LockOwner, { self, alive: isAlive }: Processes): OwnerState {
  if (owner.bootId === self.bootId) {
    if (owner.pidNamespace !== self.pidNamespace || owner.machineId !== self.machineId) return 'elsewhere';
    return isAlive(owner.pid, owner.processStart) ? 'alive' : 'gone';
  }
  const whole = owner.pidNamespace === initialPidNamespace && self.pidNamespace === initialPidNamespace;
  return whole && owner.machineId === self.machineId && owner.hostname === self.hostname ? 'gone' : 'elsewhere';
}

function alive(pid: number, processStart: string): boolean {
  const found = startOf(pid);
  if (found) return found.start === processStart && !found.ended;
  // No entry: not Linux, or /proc is mounted with hidepid and the process is another user's.
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** State and start time (fields 3 and 22 of /proc/<pid>/stat), or undefined when there is no such entry. */
function startOf(pid: number): { start: string; ended: boolean } | undefined {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The second field is the program's name in brackets and may itself hold blanks and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { ended: fields[0] === 'Z' || fields[0] === 'X', start: fields[19] ?? '' };
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
