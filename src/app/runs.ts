import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { actionsByName } from '../actions/registry.ts';
import type { App } from '../app.ts';
import { isoTime } from '../core/clock.ts';
import { errnoOf, OaopsError, usageError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import { sha256Hex } from '../core/json.ts';
import { loginName } from '../core/login.ts';
import { localTimeZone } from '../core/zoned-time.ts';
import type { ManualAnswer, ManualQuestion } from '../engine/action.ts';
import type { EngineDeps } from '../engine/deps.ts';
import {
  approvalNamespace,
  mayAskForApproval,
  planNamespace,
  type Requester,
  refuseUnknownApprovers,
} from '../engine/people/approvals.ts';
import { makePlan } from '../engine/plan/plan.ts';
import { readPlan, refuseStale } from '../engine/plan/plan-check.ts';
import type { Plan } from '../engine/plan/plan-types.ts';
import { askSecrets, refusePromptsThatWait } from '../engine/plan/prompted-secrets.ts';
import type { HostDoor, Inventory } from '../engine/ports.ts';
import { Engine } from '../engine/service.ts';
import { parseInputFlags, requireInputs } from '../runbook/inputs.ts';
import { findRunbook } from '../runbook/library.ts';
import { loadRunbook } from '../runbook/load.ts';
import type { Runbook } from '../runbook/types.ts';
import { parseYaml } from '../runbook/yaml/document.ts';
import type { Unattended } from './accounts/plan.ts';
import { hostDoor } from './hosts.ts';

/** What the user gave to plan a run. */
export interface PlanRequest {
  /** Name in the library, or a file. */
  runbook: string;
  /** `-i name=value` as given. */
  inputs: readonly string[];
  inputsFile?: string | undefined;
  limit?: readonly string[] | undefined;
  /** Nobody looks at the plan before it is run: what refuses an account review is told by its run. */
  unattended?: Unattended | undefined;
}

/** Where a run is shown, and who can be asked. */
export interface RunView {
  sink: EventSink;
  ask?: ((question: ManualQuestion) => Promise<ManualAnswer | undefined>) | undefined;
  /** Pauses between samples of a gate are waited for. */
  follow?: boolean | undefined;
  /** Has a secret typed; absent without a terminal. */
  password?: ((question: string) => Promise<string>) | undefined;
}

/** Everything that commands do with runs: planning from files, and the engine on the record. */
export class RunDoor {
  readonly #app: App;
  /** What planning found that the user should know: parts of an inventory that were left out. */
  readonly warnings: string[] = [];

  constructor(app: App) {
    this.#app = app;
  }

  /** Who is behind this process. */
  get actor(): string {
    return loginName(this.#app.env, process.getuid?.() ?? this.#app.place.uid);
  }

  /** Plans from the files as they are now. */
  async plan(request: PlanRequest): Promise<Plan> {
    const { file } = findRunbook(request.runbook, await this.#app.runbookFolders(), process.cwd());
    const runbook = loadRunbook(file, { catalogue: await this.#app.catalogue() });
    const flags = parseInputFlags(request.inputs);
    const given = request.inputsFile === undefined ? undefined : readInputsFile(request.inputsFile);
    const values = requireInputs(
      runbook,
      { flags, ...(given ? { file: given } : {}), cwd: process.cwd() },
      dirname(resolve(file)),
    );
    const { limit = [], unattended } = request;
    return this.#planOf(runbook, await plannedInputs(runbook, values), [...limit], { unattended });
  }

  /**
   * Plans a runbook that a command has written on the spot, under a name that no file can have: see `isAdHoc`. `steps`: instead of those of the text, where
   * they are made of data.
   */
  async adHocPlan(name: string, text: string, inventory: Inventory, steps?: Runbook['steps']): Promise<Plan> {
    const runbook = loadRunbook(`<${name}>`, { catalogue: await this.#app.catalogue(), text });
    const own = { ...runbook, metadata: { ...runbook.metadata, name }, ...(steps ? { steps } : {}) };
    return this.#planOf(own, {}, [], { inventory });
  }

  /**
   * A plan that was written to a file, checked against the files as they are now, with the one who signed it as requester.
   * @throws OaopsError `plan-stale`, `plan-altered`, `plan-signature-missing` (exit 4)
   */
  async storedPlan(file: string, request: Partial<PlanRequest>): Promise<{ plan: Plan; requester: Requester }> {
    const plan = readPlan(readText(file), file);
    const runbook = loadRunbook(plan.runbook.file, { catalogue: await this.#app.catalogue() });
    if (
      request.runbook !== undefined &&
      request.runbook !== plan.runbook.name &&
      resolve(request.runbook) !== resolve(plan.runbook.file)
    ) {
      throw usageError('plan-of-another', `${file} is a plan of ${plan.runbook.name}, not of ${request.runbook}`);
    }
    const flags = { ...writtenInputs(plan, runbook), ...parseInputFlags(request.inputs ?? []) };
    const values = requireInputs(runbook, { flags, cwd: process.cwd() }, dirname(resolve(plan.runbook.file)));
    refuseStale(
      plan,
      await this.#planOf(runbook, await plannedInputs(runbook, values), [...(request.limit ?? plan.limit)]),
    );
    return { plan, requester: await this.#requesterOf(plan, file) };
  }

  /** Signs a plan file; the signature lies beside it as FILE.sig. */
  async sign(plan: Plan, keyFile: string): Promise<string> {
    return (await this.#app.signatures()).sign(keyFile, planNamespace, plan.digest);
  }

  async engine(view: RunView): Promise<Engine> {
    return new Engine(await this.deps(view));
  }

  /** What the engine, and the answers and approvals beside it, work with. */
  async deps(view: RunView): Promise<EngineDeps> {
    const app = this.#app;
    const warn = (message: string) =>
      view.sink({ event: 'run.warning', time: isoTime(app.clock.nowMs()), run: '', message });
    let hosts: HostDoor | undefined;
    app.onClose(async () => hosts?.closeAll());
    return {
      record: await app.record(),
      actions: actionsByName,
      hosts: async () => {
        hosts ??= hostDoor(app, warn);
        return hosts;
      },
      http: app.http,
      secrets: await app.secrets(),
      signatures: app.signatures,
      services: await app.services(),
      clock: app.clock,
      random: app.random,
      redactor: app.redactor,
      runsDir: join(app.stateDir, 'runs'),
      oaopsVersion: app.version,
      actor: this.actor,
      sink: view.sink,
      ...(app.globals.lang ? { lang: app.globals.lang } : {}),
      timeZone: (await app.config()).settings.timeZone ?? localTimeZone(),
      changedFiles: async (plan) => changedFiles(plan),
      askSecrets: (plan) => askSecrets(plan, app.typedSecrets, view.password),
      ...(view.ask ? { ask: view.ask } : {}),
      ...(view.follow ? { follow: true } : {}),
    };
  }

  async #planOf(
    runbook: Runbook,
    inputs: Record<string, unknown>,
    limit: string[],
    given: { inventory?: Inventory; unattended?: Unattended | undefined } = {},
  ): Promise<Plan> {
    const signers = (await this.#app.config()).settings.approvals?.allowedSigners;
    if (runbook.kind === 'Rollout' && limit.length > 0) {
      throw usageError(
        'rollout-limited',
        'a rollout cannot be limited to some targets: its plan names everybody it reaches',
        {
          next: 'Narrow "spec.population", or name those to be left out in its "exclude".',
        },
      );
    }
    const inventory = given.inventory ?? (await this.#inventory(runbook));
    const expanded =
      runbook.kind === 'Rollout'
        ? await (await import('./rollout.ts')).withBatches(this.#app, runbook, { inputs, inventory })
        : runbook.kind === 'AccountReview'
          ? await (await import('./accounts/plan.ts')).withAccounts(this.#app, runbook, {
              inputs,
              inventory,
              canApprove: signers !== undefined,
              actor: this.actor,
              warn: (message) => this.warnings.push(message),
              unattended: given.unattended,
            })
          : { runbook };
    const asks = expanded.runbook.steps.some(mayAskForApproval);
    const plan = makePlan({
      ...expanded,
      inputs,
      limit,
      inventory,
      actions: actionsByName,
      createdAt: isoTime(this.#app.clock.nowMs()),
      oaopsVersion: this.#app.version,
      ...(asks && signers ? { allowedSigners: await (await this.#app.signatures()).allowedSigners(signers) } : {}),
    });
    if (plan.allowedSigners) {
      const door = await this.#app.signatures();
      refuseUnknownApprovers(plan, await door.signers(plan.allowedSigners.path, approvalNamespace));
    }
    refusePromptsThatWait(plan, actionsByName);
    return plan;
  }

  /** The runbook's own inventory, else the configured one, else none. */
  async #inventory(runbook: Runbook): Promise<Inventory> {
    const own =
      runbook.inventory === undefined ? undefined : resolve(dirname(resolve(runbook.source.file)), runbook.inventory);
    const file = own ?? (await this.#app.config()).settings.inventory;
    if (file === undefined) return { sources: [], hosts: [] };
    const { inventory, warnings } = await this.#app.inventory(file);
    this.warnings.push(...warnings);
    return inventory;
  }

  /** The plan's signer, when FILE.sig lies beside it; else who is behind this process. */
  async #requesterOf(plan: Plan, file: string): Promise<Requester> {
    let signature: string;
    try {
      signature = readFileSync(`${file}.sig`, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return { name: this.actor };
      throw error;
    }
    const allowedSigners = (await this.#app.config()).settings.approvals?.allowedSigners;
    if (!allowedSigners) {
      throw new OaopsError(
        'allowed-signers-missing',
        `${file} is signed, and no allowed-signers file says whose keys count`,
        {
          exitCode: 4,
          next: 'Set approvals.allowedSigners in the configuration.',
        },
      );
    }
    const door = await this.#app.signatures();
    await door.allowedSigners(allowedSigners);
    const { principal, keyFingerprint } = await door.verify({
      data: plan.digest,
      signature,
      namespace: planNamespace,
      allowedSigners,
      atMs: this.#app.clock.nowMs(),
    });
    return { name: principal, keyFingerprint };
  }
}

/** Inputs as a plan stores them: secrets as references, files with the digest of what they hold now. */
async function plannedInputs(runbook: Runbook, values: Record<string, unknown>): Promise<Record<string, unknown>> {
  const planned: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const type = runbook.inputs[name]?.type;
    if (type === 'secret' && value !== null) planned[name] = { secret: value };
    else if (type === 'file' && value !== null)
      planned[name] = { path: value, sha256: await hashFile(String(value), name) };
    else planned[name] = value;
  }
  return planned;
}

/** The inputs of a plan as a user would write them. */
function writtenInputs(plan: Plan, runbook: Runbook): Record<string, string> {
  const written: Record<string, string> = {};
  for (const [name, value] of Object.entries(plan.inputs)) {
    if (value === null || runbook.inputs[name] === undefined) continue;
    if (typeof value !== 'object') written[name] = String(value);
    else if ('secret' in value) written[name] = String(value.secret);
    else if ('path' in value) written[name] = String(value.path);
  }
  return written;
}

async function hashFile(path: string, input: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw usageError(
      'input-file-unreadable',
      `file ${path} of input "${input}" cannot be read (${errnoOf(error) ?? 'unknown error'})`,
      {
        next: 'Give the path of a file that you can read.',
      },
    );
  }
  return hash.digest('hex');
}

/** Files of a stored plan that are not what they were, for warnings. */
async function changedFiles(plan: Plan): Promise<string[]> {
  const files = [
    { path: plan.runbook.file, sha256: plan.runbook.sha256 },
    ...plan.inventory.sources.map(({ file, sha256 }) => ({ path: file, sha256 })),
  ];
  for (const value of Object.values(plan.inputs)) {
    if (typeof value === 'object' && value !== null && 'path' in value && 'sha256' in value)
      files.push({ path: String(value.path), sha256: String(value.sha256) });
  }
  const changed: string[] = [];
  for (const { path, sha256 } of files) {
    // Not a file: standard input, or a command.
    if (/^<[^/]*>$/.test(path)) continue;
    try {
      if (sha256Hex(readFileSync(path)) !== sha256) changed.push(path);
    } catch {
      changed.push(path);
    }
  }
  return changed;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError('file-unreadable', `${file} cannot be read (${errnoOf(error) ?? 'unknown error'})`);
  }
}

/** Inputs as a YAML (or JSON) mapping of names to values. */
function readInputsFile(file: string): Record<string, unknown> {
  const document = parseYaml(readText(file), file);
  const first = document.findings.find((finding) => finding.severity === 'error');
  if (first)
    throw usageError('inputs-file-invalid', first.message, { position: { file, line: first.line, col: first.col } });
  if (typeof document.data !== 'object' || document.data === null || Array.isArray(document.data)) {
    throw usageError('inputs-file-invalid', `${file} is not a mapping of input names to values`);
  }
  return document.data as Record<string, unknown>;
}
