import {
  AddRequest,
  Attribute,
  BerWriter,
  Change,
  Control,
  DeleteRequest,
  ExtendedRequest,
  ModifyDNRequest,
  ModifyRequest,
} from 'ldapts';
import type { LdapDoor, LdapLogin, LdapSession, LdapValue } from '../../accounts/ports.ts';
import { connectBy, farewell, type Place, timeLimitSeconds, wayTo, withinTime } from './connection.ts';
import type { Answer, Conversation, Request } from './conversation.ts';
import { changeError } from './errors.ts';
import { filterOf } from './filters.ts';
import { pagesOf } from './pages.ts';

const passwordModifyOid = '1.3.6.1.4.1.4203.1.11.1';
/** draft-zeilenga-ldap-relax: the number that OpenLDAP knows it by. */
const relaxOid = '1.3.6.1.4.1.4203.666.5.12';

/**
 * Logins at LDAP directories, Active Directory included, for reading and changing. A password never crosses a network in clear.
 * @throws OaopsError as `directoryDoor`; `directory-change-refused` with the result of RFC 4511 as `details.status`
 */
export function ldapDoor(): LdapDoor {
  return {
    async open(login, signal) {
      signal.throwIfAborted();
      const way = wayTo(login);
      const conversation = await withinTime(way.place, login.timeoutMs, signal, (both) => connectBy(way, both));
      return sessionOn(conversation, way.place, login);
    },
  };
}

function sessionOn(conversation: Conversation, place: Place, { timeoutMs }: LdapLogin): LdapSession {
  const within = <T>(signal: AbortSignal, send: (signal: AbortSignal) => Promise<T>) =>
    withinTime(place, timeoutMs, signal, send);
  async function change(dn: string, make: (messageId: number) => Request, signal: AbortSignal): Promise<void> {
    const { result } = await within(signal, (both) => conversation.send(make, both));
    if (result.status !== 0) throw changeError(place.shown, dn, result);
  }
  return {
    search({ filter, matched, ...request }, signal) {
      const asking = {
        conversation,
        place: place.shown,
        timeLimitSeconds: timeLimitSeconds(timeoutMs),
        within: (send: (signal: AbortSignal) => Promise<Answer>) => within(signal, send),
      };
      const values = matched && { matched: matched.map(filterOf) };
      return pagesOf(asking, { ...request, filter: filterOf(filter), ...values });
    },
    modify: (dn, changes, signal, { relax = false } = {}) =>
      change(
        dn,
        (messageId) =>
          new ModifyRequest({
            messageId,
            dn,
            changes: changes.map(
              ({ operation, attribute, values }) =>
                new Change({ operation, modification: attributeOf(attribute, values) }),
            ),
            ...(relax && { controls: [new Control(relaxOid, { critical: true })] }),
          }),
        signal,
      ),
    add: (dn, attributes, signal) =>
      change(
        dn,
        (messageId) =>
          new AddRequest({
            messageId,
            dn,
            attributes: Object.entries(attributes).map(([type, values]) => attributeOf(type, values)),
          }),
        signal,
      ),
    remove: (dn, signal) => change(dn, (messageId) => new DeleteRequest({ messageId, dn }), signal),
    rename: (dn, to, signal) => change(dn, (messageId) => new ModifyDNRequest({ messageId, dn, ...to }), signal),
    setPassword: (dn, password, signal) =>
      change(
        dn,
        (messageId) => new ExtendedRequest({ messageId, oid: passwordModifyOid, value: newPassword(dn, password) }),
        signal,
      ),
    close: () => farewell(conversation),
  };
}

function attributeOf(type: string, values: readonly LdapValue[]): Attribute {
  return new Attribute({ type, values: values.map((value) => Buffer.from(value as string)) });
}

/** PasswdModifyRequestValue of RFC 3062 section 2. */
function newPassword(dn: string, password: string): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeString(dn, 0x80);
  writer.writeString(password, 0x82);
  writer.endSequence();
  return writer.buffer;
}
