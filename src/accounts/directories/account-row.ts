import type { Account } from '../model.ts';

type Required = Pick<
  Account,
  'directory' | 'key' | 'name' | 'login' | 'use' | 'state' | 'held' | 'lastUse' | 'privileged' | 'rights'
>;

/**
 * An account with what every account has; the rest is added. What is added to a literal V8 puts into a list beside it, three places at a time, which takes 30
 * bytes more and leaves the shorter lists behind; in an object that a class has made it leaves room for as much as the first ones had.
 */
export class AccountRow implements Required {
  directory: string;
  key: string;
  name: string;
  login: string;
  use: Account['use'];
  state: Account['state'];
  held: boolean;
  lastUse: Account['lastUse'];
  privileged: Account['privileged'];
  rights: Account['rights'];

  constructor(of: Required) {
    this.directory = of.directory;
    this.key = of.key;
    this.name = of.name;
    this.login = of.login;
    this.use = of.use;
    this.state = of.state;
    this.held = of.held;
    this.lastUse = of.lastUse;
    this.privileged = of.privileged;
    this.rights = of.rights;
  }
}
