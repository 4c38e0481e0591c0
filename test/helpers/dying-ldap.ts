import type { AccountDoors, LdapSession } from '../../src/accounts/ports.ts';
import { ldapDoor } from '../../src/connectors/ldap/session.ts';
import { Died } from './memory-directory.ts';
import { ldapDoors } from './oa-directory.ts';

/** When a process dies that changes a directory: at the write with this number (from 0), before the server has it or after. */
export interface Death {
  at: number;
  after: boolean;
}

/** Doors to LDAP of a process that dies as `death` says: nothing goes through any more from then on. */
export function dyingDoors(death: Death): { doors: AccountDoors; died(): boolean } {
  let [writes, dead] = [0, false];
  const write = (session: LdapSession, name: 'modify' | 'add' | 'remove' | 'rename') => {
    const made = session[name] as (...given: unknown[]) => Promise<void>;
    return async (...given: unknown[]) => {
      const last = writes++ === death.at;
      if (dead || (last && !death.after)) dead = true;
      else await made(...given);
      if (!dead && !last) return;
      dead = true;
      throw new Died();
    };
  };
  const dying = (session: LdapSession): LdapSession => ({
    ...session,
    search(...given) {
      if (dead) throw new Died();
      return session.search(...given);
    },
    modify: write(session, 'modify'),
    add: write(session, 'add'),
    remove: write(session, 'remove'),
    rename: write(session, 'rename'),
  });
  const door = {
    open: async (...given: Parameters<ReturnType<typeof ldapDoor>['open']>) => dying(await ldapDoor().open(...given)),
  };
  return { doors: { ...ldapDoors(), ldap: async () => door }, died: () => dead };
}
