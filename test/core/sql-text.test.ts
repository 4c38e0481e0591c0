import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dialectOf, numbered, readSqlText, type SqlDialect } from '../../src/core/sql-text.ts';

const read = (text: string, dialect: SqlDialect) => {
  const found = readSqlText(text, dialect);
  return { ...numbered(found, dialect), parameters: found.parameters, verb: found.verb };
};

describe('named parameters', () => {
  test.each<[SqlDialect, string, string, string[]]>([
    ['postgres', 'select * from t where a = :key', 'select * from t where a = $1', ['key']],
    ['postgres', 'select :a::text, b::int, :b', 'select $1::text, b::int, $2', ['a', 'b']],
    ['postgres', `select ':a', "b:c" , E'\\':d', :e`, `select ':a', "b:c" , E'\\':d', $1`, ['e']],
    ['postgres', `select '\\', :a, '\\'`, `select '\\', $1, '\\'`, ['a']],
    ['postgres', 'select $$ :a $b$ $$, $b$ :c $$ $b$, :d', 'select $$ :a $b$ $$, $b$ :c $$ $b$, $1', ['d']],
    ['postgres', 'select a$b$c, :d, e$b$', 'select a$b$c, $1, e$b$', ['d']],
    [
      'postgres',
      'select /* :a /* :b */ :c */ :d -- :e\n, :f',
      'select /* :a /* :b */ :c */ $1 -- :e\n, $2',
      ['d', 'f'],
    ],
    ['postgres', 'select l[1:2], l[lo:hi], l[f(x):hi], l[:n]', 'select l[1:2], l[lo:hi], l[f(x):hi], l[$1]', ['n']],
    ['postgres', `select j ? 'a', j #> '{b}', :a`, `select j ? 'a', j #> '{b}', $1`, ['a']],
    ['postgres', 'select :a + :a', 'select $1 + $2', ['a', 'a']],
    ['postgres', 'select :old_状态, 1;  -- end', 'select $1, 1', ['old_状态']],
    ['mysql', "select `a:b`, \":c\", 'it\\'s :d', :e # :f", "select `a:b`, \":c\", 'it\\'s :d', ? # :f", ['e']],
    ['mysql', 'select 5--:a, @x := :b -- :c', 'select 5--?, @x := ? -- :c', ['a', 'b']],
    ['mysql', 'select /* /* :a */ :b', 'select /* /* :a */ ?', ['b']],
    ['mysql', `select '\\\\', :a, 'x''y:b'`, `select '\\\\', ?, 'x''y:b'`, ['a']],
    ['sqlite', 'select [a:b], `c:d`, "e:f", \'\\\', :g', 'select [a:b], `c:d`, "e:f", \'\\\', ?', ['g']],
  ])('%s: %s', (dialect, text, sent, names) => {
    const found = read(text, dialect);
    expect(found).toMatchObject({ text: sent, names, verb: 'SELECT' });
    expect(found.parameters).toEqual([...new Set(names)]);
  });

  test.each<[SqlDialect, string, RegExp]>([
    ['postgres', 'update t set a = 1; drop table t', /behind the end/],
    ['postgres', 'update t set a = 1;;', /behind the end/],
    ['postgres', `update t set a = 'x`, /a ' too few/],
    ['postgres', 'update t set a = $x$ ; $y$', /a \$x\$ too few/],
    ['postgres', 'update t /* /* */', /a \*\/ too few/],
    ['postgres', 'update t set a = $1 where b = :b', /placeholder without a name/],
    ['postgres', ' -- nothing\n', /is empty/],
    ['mysql', 'update t set a = ? where b = :b', /placeholder without a name/],
    ['mysql', 'update t /*!50000 set a = 1 */', /a comment that the server executes/],
    ['mysql', 'update t /*M!100000 set a = 1 */', /a comment that the server executes/],
    ['mysql', `update t set a = 'x\\'`, /a ' too few/],
    ['sqlite', 'update t set a = @b', /placeholder without a name/],
    ['sqlite', 'update t set [a = 1', /a \] too few/],
  ])('%s: %s is refused', (dialect, text, message) => {
    expect(() => readSqlText(text, dialect)).toThrow(
      expect.objectContaining({ code: 'statement-text', exitCode: 2, message: expect.stringMatching(message) }),
    );
  });

  test('whatever stands in quotation marks and comments stays, and each name is found', () => {
    const dialects: SqlDialect[] = ['postgres', 'mysql', 'sqlite'];
    const inside = fc.string({
      unit: fc.constantFrom(':', 'a', "'", '"', '`', '\\', '$', '-', '/', '*', ';', ' ', '\n', '?', '#'),
    });
    const quiet = (dialect: SqlDialect) =>
      fc.oneof(
        inside.map((text) => `'${(dialect === 'mysql' ? text.replaceAll('\\', '\\\\') : text).replaceAll("'", "''")}'`),
        inside.map((text) => `"${(dialect === 'mysql' ? text.replaceAll('\\', '\\\\') : text).replaceAll('"', '""')}"`),
        ...(dialect === 'postgres' ? [] : [inside.map((text) => `\`${text.replaceAll('`', '``')}\``)]),
        ...(dialect === 'postgres'
          ? [inside.filter((text) => !text.includes('$')).map((text) => `$q$${text}$q$`)]
          : []),
        inside.filter((text) => !/\/\*|\*\/|^\/|\*$/.test(text)).map((text) => `/* ${text} */`),
        inside.filter((text) => !text.includes('\n')).map((text) => `-- ${text}\n`),
        fc.constantFrom('x', '1', ' ', '=', 'y::int'),
      );
    for (const dialect of dialects) {
      const part = fc.oneof(
        quiet(dialect).map((text) => ({ text, name: undefined })),
        fc.stringMatching(/^[a-z_][a-z0-9_]{0,5}$/).map((name) => ({ text: `:${name}`, name })),
      );
      fc.assert(
        fc.property(fc.array(part), (parts) => {
          const text = `update ${parts.map((one) => one.text).join(' ')}`;
          const names = parts.flatMap(({ name }) => (name === undefined ? [] : [name]));
          const { pieces } = readSqlText(text, dialect);
          expect(pieces.filter((piece) => typeof piece !== 'string')).toEqual(
            names.map((parameter) => ({ parameter })),
          );
          expect(pieces.map((piece) => (typeof piece === 'string' ? piece : `:${piece.parameter}`)).join('')).toBe(
            text,
          );
        }),
        { numRuns: 300 },
      );
    }
  });

  test('reading any text ends, with a statement or a refusal', () => {
    const sign = fc.constantFrom(
      ':',
      'a',
      "'",
      '"',
      '`',
      '\\',
      '$',
      '-',
      '/',
      '*',
      ';',
      ' ',
      '\n',
      '?',
      '#',
      '[',
      ']',
      'E',
    );
    fc.assert(
      fc.property(
        fc.string({ unit: sign }),
        fc.constantFrom<SqlDialect>('postgres', 'mysql', 'sqlite'),
        (text, dialect) => {
          try {
            const { pieces } = readSqlText(text, dialect);
            const again = pieces.map((piece) => (typeof piece === 'string' ? piece : `:${piece.parameter}`)).join('');
            expect(text.startsWith(again)).toBe(true);
          } catch (error) {
            expect(error).toMatchObject({ code: 'statement-text' });
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

test('the dialect of an address', () => {
  expect(['postgresql://a', 'mariadb://a', 'sqlite:a', 'http://a', ''].map(dialectOf)).toEqual([
    'postgres',
    'mysql',
    'sqlite',
    undefined,
    undefined,
  ]);
});
