/** What people read of an account: its login, with the host where one login stands for accounts on many. */
export function nameOf({ login, name }: { login: string; name?: string }): string {
  return name?.endsWith(`:${login}`) ? name : login;
}
