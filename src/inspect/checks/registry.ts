import type { CheckType } from '../types.ts';
import { antivirus } from './antivirus.ts';
import { backupAge } from './backup-age.ts';
import { certificate } from './certificate.ts';
import { clock } from './clock.ts';
import { command } from './command.ts';
import { disk } from './disk.ts';
import { dns } from './dns.ts';
import { drillAge } from './drill-age.ts';
import { failedLogins } from './failed-logins.ts';
import { file } from './file.ts';
import { group } from './group.ts';
import { http } from './http.ts';
import { httpLoad } from './http-load.ts';
import { networkInterface } from './interface.ts';
import { journal } from './journal.ts';
import { listening } from './listening.ts';
import { listeningChange } from './listening-change.ts';
import { load } from './load.ts';
import { log } from './log.ts';
import { memory } from './memory.ts';
import { mounts } from './mounts.ts';
import { mysql } from './mysql.ts';
import { oom } from './oom.ts';
import { packageCheck } from './package.ts';
import { passwordPolicy } from './password-policy.ts';
import { ping } from './ping.ts';
import { plugin } from './plugin.ts';
import { postgres } from './postgres.ts';
import { processes } from './processes.ts';
import { reach } from './reach.ts';
import { reboot } from './reboot.ts';
import { scanReport } from './scan-report.ts';
import { service } from './service.ts';
import { sql } from './sql.ts';
import { sshd } from './sshd.ts';
import { sudoers } from './sudoers.ts';
import { suidChange } from './suid-change.ts';
import { swap } from './swap.ts';
import { sysctl } from './sysctl.ts';
import { tcp } from './tcp.ts';
import { tls } from './tls.ts';
import { updates } from './updates.ts';
import { uptime } from './uptime.ts';
import { user } from './user.ts';
import { users } from './users.ts';

/** Every check that an inspection can name, in the order of the reference page. A file imports no heavy library at its top. */
export const checkTypes: readonly CheckType[] = [
  load,
  memory,
  swap,
  disk,
  mounts,
  uptime,
  reboot,
  clock,
  processes,
  service,
  listening,
  listeningChange,
  sysctl,
  packageCheck,
  file,
  user,
  users,
  group,
  sudoers,
  suidChange,
  sshd,
  passwordPolicy,
  failedLogins,
  antivirus,
  oom,
  journal,
  log,
  networkInterface,
  certificate,
  ping,
  tcp,
  dns,
  http,
  httpLoad,
  tls,
  sql,
  postgres,
  mysql,
  updates,
  backupAge,
  drillAge,
  scanReport,
  command,
  plugin,
  reach,
] as readonly unknown[] as readonly CheckType[];

export const checkTypesByName: ReadonlyMap<string, CheckType> = new Map(checkTypes.map((type) => [type.name, type]));
