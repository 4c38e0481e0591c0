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
  timeoutMs?: number;
}

export interface MailDoor {
  /** @throws OaopsError `mail-unreachable`, `mail-auth-failed`, `mail-tls`, `mail-refused` */
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
    },
    signal: AbortSignal,
  ): Promise<{ status: number; body: string }>;
}

export interface SecretReader {
  resolve(ref: string): Promise<string>;
}
