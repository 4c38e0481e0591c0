import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRecord } from '../../../src/record/open.ts';
import { type PostgresServer, postgresBin, startPostgres } from '../../helpers/postgres.ts';
import { recordOptions } from '../suite-options.ts';

const secret = `s3cr3t-${randomBytes(6).toString('hex')}`;

describe.skipIf(!postgresBin())('a server that does not let us in', () => {
  let server: PostgresServer;
  let name: string;

  beforeAll(async () => {
    server = await startPostgres({ withPassword: ['guarded'] });
    const url = await server.createDatabase();
    server.sql(url, `create role guarded login password 'right'`);
    name = new URL(url).pathname;
  }, 60_000);
  afterAll(() => server?.stop());

  const failing = async (url: string) => {
    const failed = await openRecord(recordOptions({ stateDir: '/nonexistent', url })).then(
      (record) => record.close(),
      (error) => error,
    );
    expect(failed).toBeInstanceOf(Error);
    // Neither in what people read nor in what --debug prints.
    const shown = [failed, failed.cause].flatMap((error) => [error?.message, error?.next, error?.stack]);
    expect(`${shown.join('\n')}${JSON.stringify(failed.details ?? {})}`).not.toContain(secret);
    return failed;
  };
  const at = (login: string, more = '') => `postgres://${login}127.0.0.1:${server.port}${name}${more}`;

  it.each<[string, () => string, object]>([
    [
      'with a wrong password',
      () => at(`guarded:${secret}@`),
      { code: 'record-login', message: expect.stringContaining('refused') },
    ],
    [
      'with a wrong password as a parameter',
      () => at('', `?user=guarded&password=${secret}`),
      { code: 'record-login', message: expect.stringContaining('refused') },
    ],
    [
      'without a password',
      () => at('guarded@'),
      {
        code: 'record-login',
        message: expect.stringContaining('none is given'),
        next: expect.stringContaining('pgpass'),
      },
    ],
    [
      'with a slash in the password',
      () => at(`guarded:a/${secret}@`),
      { code: 'record-url-invalid', exitCode: 2, next: expect.stringContaining('%2F') },
    ],
    [
      'with a hash in the password',
      () => at(`guarded:a#${secret}@`),
      { code: 'record-url-invalid', exitCode: 2, next: expect.stringContaining('%23') },
    ],
    [
      'without the database',
      () => at(`oaops:${secret}@`).replace(name, '/none'),
      { code: 'record-database-missing', next: expect.stringContaining('createdb') },
    ],
    ['that is not there', () => `postgres://oaops:${secret}@127.0.0.1:1/x`, { code: 'record-unreachable' }],
    [
      'without rights',
      () => at('guarded:right@'),
      { code: 'record-not-writable', next: expect.stringContaining('rights') },
    ],
  ])('%s', async (_what, url, expected) => {
    // Rights are missed only where the tables exist already.
    await (await openRecord(recordOptions({ stateDir: '/nonexistent', url: at('oaops@') }))).close();
    expect(await failing(url())).toMatchObject(expected);
  });
});
