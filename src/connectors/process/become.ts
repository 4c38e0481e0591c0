import { OaopsError } from '../../core/errors.ts';
import type { SecretDoor } from '../../engine/ports.ts';
import type { BecomeSpec } from '../../runbook/types.ts';
import { exportLines } from './quote.ts';
import { bootstrapText } from './supervisor.ts';

/** How a command is handed to the supervisor: parameters 3 to 5 of its text, the command, and what to put before stdin. */
export interface BecomePlan {
  mode: '' | 'sudo' | 'sudo-password' | 'doas' | 'su' | 'su-password';
  user: string;
  keepEnv: string;
  argv: string[];
  stdinPrefix: string;
}

/**
 * Turns `become` into parameters of the supervisor. Environment values pass through: sudo by name (`--preserve-env`, which
 * needs SETENV in sudoers, as `ALL` has it), su by itself, doas by a script on stdin, because an `env A=b` in the command
 * would show the values to everybody on the machine.
 * @throws OaopsError `become-user-invalid`, `become-password-unsupported`, `become-password-invalid`
 */
export async function planBecome(
  become: BecomeSpec | undefined,
  argv: string[],
  env: Readonly<Record<string, string>>,
  secrets: SecretDoor | undefined,
  nonce: string,
): Promise<BecomePlan> {
  if (!become) return { mode: '', user: '', keepEnv: '', argv, stdinPrefix: '' };
  const { method, user } = become;
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?$/.test(user)) {
    throw new OaopsError('become-user-invalid', `"${user}" is not a user name`, {
      next: 'Write the name of an account of the target in become.user.',
    });
  }
  const password = await becomePassword(become, secrets);
  if (method === 'doas') {
    if (Object.keys(env).length === 0) return { mode: 'doas', user, keepEnv: '', argv, stdinPrefix: '' };
    return {
      mode: 'doas',
      user,
      keepEnv: '',
      argv: ['/bin/sh', '-c', bootstrapText, 'sh', ...argv],
      stdinPrefix: `${nonce}\n${exportLines(env)}exec "$@"\n${nonce}\n`,
    };
  }
  const keepEnv = method === 'sudo' ? Object.keys(env).join(',') : '';
  if (password === undefined) return { mode: method, user, keepEnv, argv, stdinPrefix: '' };
  return { mode: `${method}-password`, user, keepEnv, argv, stdinPrefix: `${password}\n` };
}

async function becomePassword(become: BecomeSpec, secrets: SecretDoor | undefined): Promise<string | undefined> {
  if (become.password === undefined) return undefined;
  if (become.method === 'doas') {
    throw new OaopsError('become-password-unsupported', 'doas reads passwords only from a terminal', {
      next: 'Allow the command with "permit nopass" in doas.conf, or use sudo.',
    });
  }
  if (!secrets) throw new OaopsError('become-password-required', 'there is no way to read the become password here');
  const password = await secrets.resolve(become.password);
  if (password === '' || password.includes('\n') || password.includes('\0')) {
    throw new OaopsError(
      'become-password-invalid',
      `the secret ${become.password} is empty or has more than one line`,
      {
        next: 'Store the password alone, on one line.',
      },
    );
  }
  return password;
}
