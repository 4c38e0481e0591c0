/** What the channels need from outside. */
export interface MailMessage {
  from: string;
  to: string[];
  subject: string;
  text: string;
  /** Names the message for threads and for receivers that drop doubles. */
  messageId?: string;
  attachments?: { name: string; path: string }[];
}

export interface MailServer {
  host: string;
  port?: number;
  /** `starttls` is required when asked for, never only tried. */
  security: 'starttls' | 'tls' | 'none';
  user?: string;
  password?: string;
  caFile?: string;
  /** Lets the password go over the network in clear, with security `none`. */
  plainLogin?: boolean;
  /** Of one silence of the server. */
  timeoutMs?: number;
}

export interface MailDoor {
  /**
   * @throws OaopsError `mail-unreachable`, `mail-auth-failed`, `mail-tls`, `mail-refused`, `mail-deferred` (may pass),
   * `mail-address` and `ca-file-unreadable` (exit 2), `mail-plain-login` (exit 4)
   */
  send(
    server: MailServer,
    message: MailMessage,
    signal: AbortSignal,
  ): Promise<{ messageId: string; accepted: string[]; rejected: string[] }>;
}

/** As the engine's HttpDoor, in the part that is needed here. */
export interface WebhookDoor {
  request(
    request: {
      method: string;
      url: string;
      headers?: Record<string, string>;
      body?: string;
      timeoutMs?: number;
      maxBodyBytes?: number;
      followRedirects?: boolean;
      caFile?: string;
    },
    signal: AbortSignal,
  ): Promise<{ status: number; body: string }>;
}

export interface SecretReader {
  resolve(ref: string): Promise<string>;
}
