import { readFileSync } from 'node:fs';

/** "Not set" in /proc/self/loginuid: (uid_t) -1; see pam_loginuid(8). */
const unsetLoginUid = 4_294_967_295;

/**
 * Who is behind this process, for the journal and for the rule that nobody approves his own run: the login uid, which
 * survives su and sudo; else SUDO_UID, for root alone: anybody else may have set it himself, to ask in another's name and
 * approve in his own; else the uid itself. By name where /etc/passwd has one, else `uid:1000`.
 */
export function loginName(
  env: Readonly<Record<string, string | undefined>>,
  uid: number,
  login: () => number | undefined = loginUid,
): string {
  const sudo = uid === 0 ? numberOf(env['SUDO_UID']) : undefined;
  return nameOf(login() ?? sudo ?? uid);
}

function loginUid(): number | undefined {
  try {
    const uid = numberOf(readFileSync('/proc/self/loginuid', 'utf8').trim());
    return uid === unsetLoginUid ? undefined : uid;
  } catch {
    return undefined;
  }
}

function nameOf(uid: number): string {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.split(':')[2] === String(uid));
    return line?.split(':')[0] || `uid:${uid}`;
  } catch {
    return `uid:${uid}`;
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
