import { errnoOf, messageOf, OaopsError, type OaopsErrorOptions, usageError } from '../../core/errors.ts';
import { ConversationError } from './conversation.ts';

/** What the server said with a result that is no success (RFC 4511 section 4.1.9). */
export interface Refusal {
  status: number;
  errorMessage: string;
}

/** `directory-partial`: some entries came, or could have come, but not all. */
export function partial(place: string, why: string, next: string): OaopsError {
  return new OaopsError('directory-partial', `${place} does not give everything: ${why}`, { next });
}

/** The error for the result of a bind. */
export function bindError(place: string, { status, errorMessage }: Refusal): OaopsError {
  const secure = [8, 13].includes(status);
  return usageError('directory-refused', `${place} refused the login${said(errorMessage, status)}`, {
    next: secure ? 'Use an ldaps:// URL or "startTls: true".' : 'Check "bindDn" and "password".',
    details: { status },
  });
}

/** The error for the result of a search. */
export function searchError(place: string, base: string, refusal: Refusal): OaopsError {
  const { status } = refusal;
  const reason = said(refusal.errorMessage, status);
  const options: OaopsErrorOptions = { details: { status } };
  switch (status) {
    case 3:
    case 4:
    case 11:
      return partial(
        place,
        status === 3 ? 'its time limit was reached' : 'its size limit was reached',
        'Log in as somebody with higher limits, or search below a smaller base.',
      );
    case 10:
      return partial(place, 'it refers to another server', 'Name the server that holds the base in "url".');
    case 21:
    case 34:
      return usageError('directory-base-missing', `${base} is not a name of an entry`, {
        ...options,
        next: 'Correct the name in "base" or "group".',
      });
    case 32:
      return usageError('directory-base-missing', `${place} has no entry ${base}, or does not show it`, {
        ...options,
        next: 'Correct "base" or "group", or log in as somebody who may see it.',
      });
    // Active Directory says operationsError to whoever has not logged in.
    case 1:
    case 8:
    case 13:
    case 48:
    case 50:
    case 53:
      return usageError('directory-refused', `${place} refused the search${reason}`, {
        ...options,
        next: 'Log in with "bindDn" and "password" as somebody who may search there.',
      });
    default:
      return new OaopsError('directory-failed', `${place} did not answer the search${reason}`, {
        ...options,
        next: 'Look into the log of the directory.',
      });
  }
}

/** The error for the result of a change: none of it was made. */
export function changeError(place: string, dn: string, refusal: Refusal): OaopsError {
  const { status } = refusal;
  return new OaopsError(
    'directory-change-refused',
    `${place} refused to change ${dn}${said(refusal.errorMessage, status)}`,
    {
      next: changeSteps[status] ?? 'Look into the log of the directory.',
      details: { status },
    },
  );
}

const changeSteps: Record<number, string> = {
  10: 'Name the server in "url" that takes changes.',
  16: 'It was changed since it was read: plan anew.',
  19: 'The rules of the directory forbid it, such as those for passwords.',
  20: 'It was changed since it was read: plan anew.',
  32: 'It was moved or deleted since it was read: plan anew.',
  50: 'Give the account of "bindDn" the right to do this.',
  65: 'The schema of the directory forbids it.',
  68: 'The name is taken by another entry.',
};

export function startTlsError(place: string, { status, errorMessage }: Refusal): OaopsError {
  return new OaopsError('directory-tls', `${place} does not start TLS${said(errorMessage, status)}`, {
    next: 'Use an ldaps:// URL, or set up a certificate at the server.',
    details: { status },
  });
}

/** The error for a connection that could not be made or kept. */
export function connectionError(place: string, error: unknown): OaopsError {
  if (error instanceof OaopsError) return error;
  const code = errnoOf(error) ?? '';
  const details = { code };
  if (/CERT|SSL|TLS|SIGNATURE|ISSUER|SELF_SIGNED|ALTNAME|EPROTO/.test(code)) {
    return new OaopsError(
      'directory-tls',
      `the certificate of ${place} is not accepted: ${printable(messageOf(error))}`,
      {
        next: 'Give its certificate authority as "caFile", and the name in the certificate in "url".',
        details,
        cause: error,
      },
    );
  }
  const why = error instanceof ConversationError ? error.message : code || printable(messageOf(error));
  return new OaopsError('directory-unreachable', `${place} cannot be reached: ${why}`, {
    next: 'Check "url" and the network, and whether the directory runs.',
    details,
    cause: error,
  });
}

function said(message: string, status: number): string {
  const name = statusNames[status];
  return `: ${printable(message) || (name === undefined ? status : `${name} (${status})`)}`;
}

/** As RFC 4511 section 4.1.9 calls them: a server may say nothing but the number. */
const statusNames: Record<number, string> = {
  1: 'operationsError',
  8: 'strongerAuthRequired',
  10: 'referral',
  16: 'noSuchAttribute',
  19: 'constraintViolation',
  20: 'attributeOrValueExists',
  32: 'noSuchObject',
  34: 'invalidDNSyntax',
  48: 'inappropriateAuthentication',
  49: 'invalidCredentials',
  50: 'insufficientAccessRights',
  51: 'busy',
  52: 'unavailable',
  53: 'unwillingToPerform',
  64: 'namingViolation',
  65: 'objectClassViolation',
  66: 'notAllowedOnNonLeaf',
  67: 'notAllowedOnRDN',
  68: 'entryAlreadyExists',
  71: 'affectsMultipleDSAs',
  80: 'other',
};

/** What a server says is not for the terminal to obey. */
export function printable(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 300);
}
