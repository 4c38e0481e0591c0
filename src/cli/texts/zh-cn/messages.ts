import type { Messages } from '../catalogue.ts';
import { accounts } from './accounts.ts';
import { accountsActions } from './accounts-actions.ts';
import { accountsChanges } from './accounts-changes.ts';
import { accountsFindings } from './accounts-findings.ts';
import { accountsLdap } from './accounts-ldap.ts';
import { accountsLinux } from './accounts-linux.ts';
import { accountsPerson } from './accounts-person.ts';
import { accountsReport } from './accounts-report.ts';
import { accountsReview } from './accounts-review.ts';
import { accountsSources } from './accounts-sources.ts';
import { accountsTables } from './accounts-tables.ts';
import { actions } from './actions.ts';
import { backup } from './backup.ts';
import { backupLegs } from './backup-legs.ts';
import { backupStorage } from './backup-storage.ts';
import { browse } from './browse.ts';
import { calendar } from './calendar.ts';
import { checks } from './checks.ts';
import { checksDatabases } from './checks-databases.ts';
import { checksGoss } from './checks-goss.ts';
import { checksHosts } from './checks-hosts.ts';
import { checksLogs } from './checks-logs.ts';
import { checksScans } from './checks-scans.ts';
import { checksSecurity } from './checks-security.ts';
import { checksServices } from './checks-services.ts';
import { checksState } from './checks-state.ts';
import { commands } from './commands.ts';
import { connectors } from './connectors.ts';
import { drills } from './drills.ts';
import { engine } from './engine.ts';
import { inspect } from './inspect.ts';
import { patch } from './patch.ts';
import { procedures } from './procedures.ts';
import { prune } from './prune.ts';
import { record } from './record.ts';
import { restore } from './restore.ts';
import { rollout } from './rollout.ts';
import { runbook } from './runbook.ts';
import { schedules } from './schedules.ts';
import { sources } from './sources.ts';
import { sqlStatements } from './sql-statements.ts';
import { updates } from './updates.ts';
import { watch } from './watch.ts';
import { usage, words } from './words.ts';

/** Every Chinese message by its English one; one file a room. */
export const messagesZhCn = (): Messages => ({
  ...words(),
  ...usage(),
  ...accounts(),
  ...accountsActions(),
  ...accountsLdap(),
  ...accountsLinux(),
  ...accountsReview(),
  ...accountsChanges(),
  ...accountsFindings(),
  ...accountsReport(),
  ...accountsPerson(),
  ...accountsSources(),
  ...accountsTables(),
  ...actions(),
  ...backup(),
  ...backupLegs(),
  ...backupStorage(),
  ...browse(),
  ...checks(),
  ...checksGoss(),
  ...checksHosts(),
  ...checksDatabases(),
  ...checksLogs(),
  ...checksSecurity(),
  ...checksState(),
  ...checksScans(),
  ...checksServices(),
  ...commands(),
  ...connectors(),
  ...drills(),
  ...engine(),
  ...calendar(),
  ...inspect(),
  ...patch(),
  ...procedures(),
  ...prune(),
  ...record(),
  ...restore(),
  ...rollout(),
  ...runbook(),
  ...schedules(),
  ...sources(),
  ...sqlStatements(),
  ...updates(),
  ...watch(),
});
