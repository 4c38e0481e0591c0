import type { SourceOf } from './schema.ts';
import { type Dump, DumpFailure, fileNameOf, type SourceCommand, type SourceKind, withVia } from './types.ts';

type Ldap = SourceOf<'ldap'>;

/**
 * ldapsearch(1) reads a password from a file; here that is a pipe, so that it is in no argument and on no disk. Parameters:
 * those of ldapsearch.
 */
const searchText = `
[ -n "$OAOPS_LDAP_PASSWORD" ] || exec ldapsearch "$@"
printf '%s' "$OAOPS_LDAP_PASSWORD" | { unset OAOPS_LDAP_PASSWORD; exec 4<&0 </dev/null; exec ldapsearch -y /dev/fd/4 "$@"; }
`;

/** Every entry has a line of its name; the first line may be the version. */
const ldifHeader = /^(version: 1\n|#.*\n|\n)*dn:/;

/** An OpenLDAP directory as LDIF: by slapcat(8) on its own machine, or by ldapsearch(1). */
export const ldapSource: SourceKind<'ldap'> = {
  describe: (source) =>
    source.method === 'slapcat'
      ? `slapcat of ${source.suffixes?.join(', ') ?? 'all databases'}${hasConfig(source) ? ', and of cn=config' : ''}`
      : `ldapsearch of ${source.suffixes?.join(', ') ?? 'nothing'} at ${source.url ?? 'the default server'}`,

  plan: (source, runner) => (source.method === 'slapcat' ? planSlapcat(source, runner) : planSearch(source, runner)),
};

function hasConfig(source: Ldap): boolean {
  return source.config && source.configFile === undefined;
}

async function planSlapcat(source: Ldap, runner: Parameters<typeof ldapSource.plan>[1]) {
  const where = [
    ...(source.configFolder === undefined ? [] : ['-F', source.configFolder]),
    ...(source.configFile === undefined ? [] : ['-f', source.configFile]),
  ];
  const slapcat = (args: string[]): SourceCommand => ({
    argv: withVia(source, ['slapcat', ...where, '-o', 'ldif-wrap=no', ...args]),
  });
  const suffixes =
    source.suffixes ?? suffixesIn(await runner.ask(slapcat(['-n', '0', '-a', '(olcSuffix=*)']), 'slapcat'));
  if (suffixes.length === 0) throw new DumpFailure('cn=config names no database with a suffix');
  const dumps = suffixes.map(
    (suffix): Dump => ({
      file: fileNameOf(suffix, '.ldif'),
      what: `directory ${suffix}`,
      database: suffix,
      command: slapcat(['-b', suffix]),
      header: ldifHeader,
    }),
  );
  if (hasConfig(source))
    dumps.push({
      file: 'cn=config.ldif',
      what: 'configuration cn=config',
      database: 'cn=config',
      command: slapcat(['-n', '0']),
      header: ldifHeader,
    });
  return {
    dumps,
    facts: {
      tool: 'slapcat',
      format: 'ldif',
      load: 'slapadd -q -F NEW_SLAPD_D -b SUFFIX < FILE (server stopped); cn=config first, with -n 0',
    },
  };
}

async function planSearch(source: Ldap, runner: Parameters<typeof ldapSource.plan>[1]) {
  if (!source.suffixes) throw new DumpFailure('ldapsearch needs the suffixes of the databases');
  const env: Record<string, string> =
    source.password === undefined ? {} : { OAOPS_LDAP_PASSWORD: await runner.secret(source.password) };
  const dumps = source.suffixes.map(
    (suffix): Dump => ({
      file: fileNameOf(suffix, '.ldif'),
      what: `directory ${suffix}`,
      database: suffix,
      command: {
        argv: withVia(source, [
          '/bin/sh',
          '-c',
          searchText,
          'oaops',
          '-x',
          // One L: the count of the results comes last, as a comment. It is what tells that nothing is missing.
          '-L',
          '-o',
          'ldif-wrap=no',
          '-E',
          'pr=500/noprompt',
          ...(source.url === undefined ? [] : ['-H', source.url]),
          ...(source.user === undefined ? [] : ['-D', source.user]),
          '-b',
          suffix,
          '(objectClass=*)',
          '*',
          '+',
        ]),
        env,
      },
      header: ldifHeader,
      trailer: /^# numEntries: [1-9]/m,
    }),
  );
  return { dumps, facts: { tool: 'ldapsearch', format: 'ldif', load: 'slapadd -q -b SUFFIX < FILE (server stopped)' } };
}

/** Suffixes of the databases in an LDIF of cn=config, in its order. */
function suffixesIn(ldif: string): string[] {
  const found: string[] = [];
  for (const [, encoded, value] of ldif.matchAll(/^olcSuffix:(:?) *(.+)$/gm)) {
    const suffix = encoded === ':' ? Buffer.from(value!, 'base64').toString() : value!.trim();
    if (!/^cn=(config|monitor|accesslog)$/i.test(suffix)) found.push(suffix);
  }
  return [...new Set(found)];
}
