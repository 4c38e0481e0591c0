import { asNotBegun, OaopsError } from '../../core/errors.ts';
import { ExitCode } from '../../core/exit-codes.ts';
import type { BecomeSpec } from '../../runbook/types.ts';

/**
 * The errors for the reasons that the supervisor writes when it did not start a command. In all of them nothing has
 * happened on the target.
 */
export function notStarted(reason: string, where: Where): OaopsError {
  const error = reasonError(reason, where);
  // An earlier call of the same unit is under way: that has begun.
  return reason === 'unit-running' ? error : asNotBegun(error);
}

interface Where {
  target: string;
  unit: string;
  argv: readonly string[];
  cwd?: string | undefined;
  become?: BecomeSpec | undefined;
}

function reasonError(reason: string, where: Where): OaopsError {
  const program = where.argv[0] ?? '';
  const by = where.become ? `${where.become.method} to ${where.become.user}` : 'become';
  const details = { target: where.target, program };
  switch (reason) {
    case 'unit-running':
      return new OaopsError(reason, `the command ${where.unit} is already running on ${where.target}`, {
        next: 'Wait for it, or resume its run.',
      });
    case 'marker-folder-unwritable':
      return new OaopsError(reason, `there is no place on ${where.target} for the marker of a command`, {
        next: 'Give the account a home folder it can write to, with space in it, or space in /var/tmp.',
      });
    case 'stream-pipe-missing':
      return new OaopsError(reason, `no named pipe can be made on ${where.target}`, {
        next: 'Install mkfifo (GNU coreutils), or give the account a home folder on a file system of its own kind, not CIFS.',
      });
    case 'command-not-found':
      return new OaopsError(reason, `there is no program "${program}" on ${where.target}`, {
        next: 'Install it, or give its full path: PATH is short when started by cron or over ssh.',
        details: { ...details, exitCode: 127 },
      });
    case 'command-not-executable':
      return new OaopsError(reason, `"${program}" on ${where.target} cannot be executed`, {
        next: 'Check its mode and type.',
        details: { ...details, exitCode: 126 },
      });
    case 'unit-never-sent':
      return new OaopsError(
        'host-unreachable',
        `the connection to ${where.target} was lost before the command had started`,
        {
          next: 'Try again when the network is stable.',
          details,
        },
      );
    case 'command-too-long':
      return new OaopsError(reason, `the arguments or variables of "${program}" are too long for ${where.target}`, {
        exitCode: ExitCode.usage,
        next: 'Linux takes 128 KiB for one argument or all variables, and about 2 MiB in all: give the rest on stdin or in a file.',
        details,
      });
    case 'command-not-started':
      return new OaopsError(reason, `the command was stopped on ${where.target} before it had started`, { details });
    case 'cwd-missing':
      return new OaopsError(reason, `there is no folder "${where.cwd ?? ''}" to work in on ${where.target}`, {
        next: 'Create it, or check its name and permissions.',
        details,
      });
    case 'become-missing':
      return new OaopsError(
        reason,
        `${where.become?.method ?? 'the become program'} is not installed on ${where.target}`,
        { details },
      );
    case 'become-password-required':
      return new OaopsError(reason, `${by} on ${where.target} needs a password`, {
        next: 'Give become.password as a secret reference, or allow the command without a password.',
        details,
      });
    case 'become-password-wrong':
      return new OaopsError(reason, `${by} on ${where.target} did not accept the password`, {
        next: 'Check the secret that become.password names.',
        details,
      });
    case 'become-env-refused':
      return new OaopsError(reason, `${by} on ${where.target} does not let environment variables through`, {
        next: 'Add SETENV to the rule in sudoers, or give the values another way.',
        details,
      });
    case 'become-refused':
      return new OaopsError(reason, `${by} on ${where.target} is not allowed for this command`, {
        next: 'Compare the command with the rules on the target.',
        details,
      });
    default:
      return new OaopsError(reason, `the command was not started on ${where.target}: ${reason}`, { details });
  }
}
