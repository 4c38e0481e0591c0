import { hostname } from 'node:os';
import { join } from 'node:path';
import type { App } from '../app.ts';
import { loginName } from '../core/login.ts';
import { canFinishPlan } from '../engine/plan/plan-version.ts';
import { unitFolder } from '../engine/run/unit-folder.ts';
import type { EvidenceOptions } from '../record/evidence/bundle.ts';
import type { RecordOptions } from '../record/open.ts';

/** Where the record lies and who opens it, by configuration and environment. */
export async function recordOptions(app: App): Promise<RecordOptions> {
  const { settings } = await app.config();
  const written = settings.record?.url;
  const url =
    written === undefined || /^postgres(ql)?:/.test(written) ? written : await (await app.secrets()).resolve(written);
  return {
    ...(url === undefined ? { stateDir: app.stateDir } : { url }),
    clock: app.clock,
    random: app.random,
    actor: loginName(app.env, process.getuid?.() ?? app.place.uid),
    hostname: hostname(),
    canFinish: canFinishPlan,
  };
}

/** The key that signs plans, evidence and anchors; a flag wins over the configuration. */
export async function signingKey(app: App, flag: string | undefined): Promise<string | undefined> {
  return flag ?? (await app.config()).settings.signing?.key;
}

/** What an evidence bundle needs to know about this installation. */
export async function evidenceOptions(
  app: App,
  runId: string,
  out: string,
  keyFlag: string | undefined,
): Promise<EvidenceOptions> {
  const keyFile = await signingKey(app, keyFlag);
  return {
    runId,
    out,
    outputPath: (row, name) => join(unitFolder(join(runsDir(app), row.runId), row.step, row.unit), name),
    createdBy: loginName(app.env, process.getuid?.() ?? app.place.uid),
    oaopsVersion: app.version,
    ...(keyFile === undefined ? {} : { keyFile }),
  };
}

/** Folders of runs: output files, markers, files given as evidence. */
export function runsDir(app: App): string {
  return join(app.stateDir, 'runs');
}
