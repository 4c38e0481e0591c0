import { messageOf, OaopsError, usageError } from '../core/errors.ts';
import type { MailDoor, MailServer, SecretReader, WebhookDoor } from './ports.ts';
import { withoutUrl } from './without-url.ts';

/** Channels as the configuration defines them (`notify.channels`). */
export type ChannelSettings =
  | {
      type: 'smtp';
      host: string;
      port?: number | undefined;
      security: MailServer['security'];
      from: string;
      to: string[];
      user?: string | undefined;
      password?: string | undefined;
      caFile?: string | undefined;
      plainLogin?: boolean | undefined;
    }
  | {
      type: 'webhook';
      url: string;
      headers?: Record<string, string | { secret: string }> | undefined;
      caFile?: string | undefined;
    };

export interface Notice {
  subject: string;
  text: string;
  /** Facts for machines; a webhook gets them as `details`. */
  details?: Record<string, unknown>;
  /** The same for each try of one notice: receivers that drop doubles know it by that. Letters, digits, dots. */
  id?: string;
  /** Instead of the receivers of a mail channel. */
  to?: string[];
  attachments?: { name: string; path: string }[];
}

export interface Delivery {
  channel: string;
  status: 'sent' | 'failed';
  message?: string;
  /** Why it failed, and whether it would fail again. */
  code?: string;
  permanent?: boolean;
  /** Mail: message id. Webhook: status. */
  reference?: string;
  rejected?: string[];
}

export interface NotifierDeps {
  channels: Readonly<Record<string, ChannelSettings>>;
  secrets: SecretReader;
  mail: () => Promise<MailDoor>;
  http: () => Promise<WebhookDoor>;
}

/** Sends a notice to named channels. One that fails does not keep the others from being tried. */
export class Notifier {
  readonly #deps: NotifierDeps;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
  }

  /** @throws OaopsError `channel-unknown` (exit 2), before anything is sent */
  async send(channels: readonly string[], notice: Notice, signal: AbortSignal): Promise<Delivery[]> {
    const chosen = [...new Set(channels)].map((name) => ({ name, settings: this.#channel(name) }));
    return Promise.all(
      chosen.map(async ({ name, settings }): Promise<Delivery> => {
        try {
          const sent =
            settings.type === 'smtp'
              ? await this.#mail(settings, notice, signal)
              : await this.#webhook(settings, notice, signal);
          return { channel: name, status: 'sent', ...sent };
        } catch (error) {
          signal.throwIfAborted();
          return { channel: name, status: 'failed', message: messageOf(error), ...factsOf(error) };
        }
      }),
    );
  }

  #channel(name: string): ChannelSettings {
    const settings = Object.hasOwn(this.#deps.channels, name) ? this.#deps.channels[name] : undefined;
    if (settings) return settings;
    const known = Object.keys(this.#deps.channels);
    throw usageError('channel-unknown', `there is no channel "${name}" in the configuration`, {
      next: known.length > 0 ? `Known channels: ${known.join(', ')}.` : 'Define it under notify.channels.',
    });
  }

  async #mail(
    settings: Extract<ChannelSettings, { type: 'smtp' }>,
    notice: Notice,
    signal: AbortSignal,
  ): Promise<Pick<Delivery, 'reference' | 'rejected'>> {
    const password = settings.password === undefined ? undefined : await this.#deps.secrets.resolve(settings.password);
    const server: MailServer = {
      host: settings.host,
      security: settings.security,
      ...(settings.port !== undefined && { port: settings.port }),
      ...(settings.user !== undefined && { user: settings.user }),
      ...(password !== undefined && { password }),
      ...(settings.caFile !== undefined && { caFile: settings.caFile }),
      ...(settings.plainLogin !== undefined && { plainLogin: settings.plainLogin }),
    };
    const message = {
      from: settings.from,
      to: notice.to ?? settings.to,
      // A line end in a subject would start a new header.
      subject: notice.subject.replace(/[\r\n]+/g, ' '),
      text: notice.text,
      ...(notice.id !== undefined && { messageId: `<${notice.id}@${domainOf(settings.from)}>` }),
      ...(notice.attachments && { attachments: notice.attachments }),
    };
    const sent = await (await this.#deps.mail()).send(server, message, signal);
    return { reference: sent.messageId, ...(sent.rejected.length > 0 && { rejected: sent.rejected }) };
  }

  async #webhook(
    settings: Extract<ChannelSettings, { type: 'webhook' }>,
    notice: Notice,
    signal: AbortSignal,
  ): Promise<Pick<Delivery, 'reference'>> {
    const url = /^https?:\/\//.test(settings.url) ? settings.url : await this.#deps.secrets.resolve(settings.url);
    const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8' };
    for (const [name, value] of Object.entries(settings.headers ?? {}))
      headers[name.toLowerCase()] = typeof value === 'string' ? value : await this.#deps.secrets.resolve(value.secret);
    const http = await this.#deps.http();
    const request = {
      method: 'POST',
      url,
      headers,
      body: JSON.stringify({ subject: notice.subject, text: notice.text, details: notice.details ?? {} }),
      timeoutMs: 15_000,
      maxBodyBytes: 64 * 1024,
      ...(settings.caFile !== undefined && { caFile: settings.caFile }),
    };
    const response = await http.request(request, signal).catch((error: unknown) => {
      if (!(error instanceof OaopsError)) throw error;
      const { code, exitCode } = error;
      throw new OaopsError(code, withoutUrl(error.message, url), { exitCode });
    });
    if (response.status < 200 || response.status >= 300) {
      throw new OaopsError('webhook-refused', `the webhook answered ${response.status}`, {
        details: { status: response.status },
      });
    }
    return { reference: String(response.status) };
  }
}

function domainOf(from: string): string {
  return /@([^\s<>@]+)>?$/.exec(from)?.[1] ?? 'localhost';
}

/** Failures that stay as they are until somebody changes the channel, the secret or the message. */
const permanentCodes = new Set(['mail-refused', 'mail-address', 'mail-auth-failed', 'mail-plain-login']);

function factsOf(error: unknown): Pick<Delivery, 'code' | 'permanent'> {
  if (!(error instanceof OaopsError)) return {};
  const { code, exitCode, details } = error;
  const status = Number(details?.['status'] ?? 0);
  const refused = status >= 300 && status < 500 && status !== 408 && status !== 429;
  return { code, ...((permanentCodes.has(code) || exitCode === 2 || refused) && { permanent: true }) };
}
