import { z } from 'zod';
import { OaopsError } from '../core/errors.ts';
import type { ActionContext, ActionOutcome } from '../engine/action.ts';
import type { CapturedOutput, ProcessRequest, ProcessResult } from '../engine/ports.ts';
import { secretRefSchema } from '../runbook/schema/common.ts';

/** A text, or a reference to a secret that is read at the moment of use. */
export const textOrSecretSchema = z.union([
  z.string(),
  z.strictObject({ secret: secretRefSchema }).describe('Read when the step runs; redacted everywhere, never stored.'),
]);
export type TextOrSecret = z.infer<typeof textOrSecretSchema>;

/** Arguments that `exec` and `ssh.exec` share. */
export const commandSchema = z.strictObject({
  argv: z
    .array(z.string(), { error: 'not a list of words; write the program and each argument as an item of a list' })
    .min(1)
    .describe('Program and arguments, each a list item. They reach the program unchanged; no shell reads them.'),
  shell: z
    .boolean()
    .default(false)
    .describe(
      'The first item is a script for /bin/sh, the others are its $1, $2 ... Put values there, never into the script.',
    ),
  cwd: z.string().min(1).optional().describe('Folder to work in.'),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'not a name of an environment variable' }),
      textOrSecretSchema,
    )
    .default({})
    .describe('Environment variables; a value may be {secret: env:NAME}.'),
  stdin: textOrSecretSchema.optional().describe('Text on standard input; may be {secret: env:NAME}.'),
  exitCodes: z.array(z.int().min(0).max(255)).min(1).default([0]).describe('Exit codes that mean success.'),
});
export type CommandArguments = z.infer<typeof commandSchema>;

export const commandResultSchema = z.object({
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  stdout: z.string().describe('Without the line ends at its end; at most 16 KiB, then head and tail.'),
  stderr: z.string(),
  stdoutBytes: z.number(),
  stderrBytes: z.number(),
  stdoutSha256: z.string(),
  truncated: z.boolean(),
  durationMs: z.number(),
});

/** Characters of each output that a result keeps; all of it goes to the run's output files. */
const resultChars = 16 * 1024;

/** The value itself. @throws OaopsError `secret-*` */
export async function textOf(value: TextOrSecret, context: Pick<ActionContext, 'secrets'>): Promise<string> {
  return typeof value === 'string' ? value : context.secrets.resolve(value.secret);
}

/** All values of a map, secrets read. */
export async function textsOf(
  values: Record<string, TextOrSecret>,
  context: Pick<ActionContext, 'secrets'>,
): Promise<Record<string, string>> {
  const entries = Object.entries(values).map(async ([name, value]) => [name, await textOf(value, context)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** One line for the plan; secrets show as their references. */
export function describeCommand(args: CommandArguments): string {
  const words = args.argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
  const folder = args.cwd === undefined ? '' : ` in ${args.cwd}`;
  return `${args.shell ? 'run a script in /bin/sh: ' : 'run '}${words.length > 300 ? `${words.slice(0, 300)}...` : words}${folder}`;
}

export async function runCommand(args: CommandArguments, context: ActionContext): Promise<ActionOutcome> {
  const host = await context.host();
  const become = context.step.become ?? context.target.become;
  const request: ProcessRequest = {
    argv: args.argv,
    shell: args.shell,
    env: await textsOf(args.env, context),
    supervise: { key: context.unitKey },
    onOutput: lineOutput(context),
    ...(args.cwd !== undefined && { cwd: args.cwd }),
    ...(args.stdin !== undefined && { stdin: await textOf(args.stdin, context) }),
    ...(become && { become }),
  };
  return commandOutcome(args, await host.run(request, context.signal), context);
}

/** Hands lines of a process on; one that comes in pieces stays one line, so that a secret across the pieces is found. */
export function lineOutput(context: Pick<ActionContext, 'output'>): NonNullable<ProcessRequest['onOutput']> {
  return (stream, text, goesOn) => context.output(stream, goesOn ? text : `${text}\n`);
}

/** After a crash: looks for the marker of the supervisor, and waits for a command that still runs. */
export async function recoverCommand(
  args: CommandArguments,
  context: ActionContext,
): Promise<ActionOutcome | { status: 'not-started' } | { status: 'unknown' }> {
  const host = await context.host();
  const recovered = await host.recover(context.unitKey);
  if (recovered.state === 'not-started') return { status: 'not-started' };
  if (recovered.state === 'unknown') return { status: 'unknown' };
  if (recovered.state === 'alive') context.progress({ message: 'still running; waiting for its end' });
  const result = recovered.state === 'exited' ? recovered.result : await recovered.wait(context.signal);
  for (const stream of ['stdout', 'stderr'] as const) {
    if (result[stream].totalBytes > 0) context.output(stream, wholeText(result[stream], context.redact));
  }
  return commandOutcome(args, result, context);
}

function commandOutcome(
  args: CommandArguments,
  result: ProcessResult,
  { redact }: Pick<ActionContext, 'redact'>,
): ActionOutcome {
  const facts = {
    exitCode: result.exitCode,
    signal: result.signal,
    stdout: resultText(result.stdout, redact),
    stderr: resultText(result.stderr, redact),
    stdoutBytes: result.stdout.totalBytes,
    stderrBytes: result.stderr.totalBytes,
    stdoutSha256: result.stdout.sha256,
    truncated: result.stdout.truncated || result.stderr.truncated,
    durationMs: Math.round(result.durationMs),
  };
  if (!result.timedOut && result.exitCode !== null && args.exitCodes.includes(result.exitCode))
    return { status: 'ok', result: facts };
  const how = result.timedOut
    ? 'did not end in time'
    : result.signal
      ? `was ended by ${result.signal}`
      : `ended with exit code ${result.exitCode}`;
  const last = facts.stderr.trimEnd().split('\n').at(-1) || facts.stdout.trimEnd().split('\n').at(-1) || '';
  const said = last === '' ? '' : `: ${last.slice(0, 300)}`;
  return {
    status: 'failed',
    result: facts,
    message: `${args.shell ? 'the script' : args.argv[0]} ${how}${said}`,
    code: 'command-failed',
    retryable: true,
  };
}

/** Redacted; where the middle was left out, halves of secrets are too. */
function wholeText(output: CapturedOutput, redact: ActionContext['redact']): string {
  return output.truncated
    ? `${redact(output.head, 'end')}\n[...]\n${redact(output.tail, 'start')}`
    : redact(output.head + output.tail);
}

function resultText(output: CapturedOutput, redact: ActionContext['redact']): string {
  const text = wholeText(output, redact).replace(/[\r\n]+$/, '');
  if (text.length <= resultChars) return text;
  const half = resultChars / 2;
  return `${text.slice(0, half)}\n[...]\n${text.slice(-half)}`;
}

/** Permission bits as written: `"0640"`. */
export const modeSchema = z
  .string()
  .regex(/^0?[0-7]{3,4}$/, { error: 'not a mode; write octal digits in quotes, such as "0640"' })
  .transform((text) => Number.parseInt(text, 8));

export const ownerSchema = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?(:[A-Za-z0-9_][A-Za-z0-9_.@-]*)?$/, {
  error: 'not an owner; write user or user:group',
});

/** Refuses a target of the wrong kind before anything happens. */
export function requireSsh(action: string, context: Pick<ActionContext, 'target'>): void {
  if (context.target.connection === 'ssh') return;
  throw new OaopsError(
    'target-not-ssh',
    `${action} needs targets behind ssh, and ${context.target.name} is the local machine`,
    {
      exitCode: 2,
      next: 'Name hosts of the inventory in "targets", or use exec.',
    },
  );
}
