import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromText } from '../../../src/backup/format/byte-string.ts';
import { compileExcludes, excludesIn } from '../../../src/backup/scan/exclude.ts';

describe('exclude patterns', () => {
  it.each([
    ['?.txt', '/srv/合.txt', true],
    ['?.txt', '/srv/合同.txt', false],
    ['??.txt', '/srv/合同.txt', true],
    ['?', '/srv/\u{1f4c4}', true],
    ['*.tmp', '/srv/oa/a.tmp', true],
    ['*.tmp', '/srv/oa/a.tmp.keep', false],
    ['/srv/*/cache', '/srv/oa/cache', true],
    ['/srv/*/cache', '/srv/oa/x/cache', false],
    ['/srv/**/cache', '/srv/oa/x/cache', true],
    ['logs/[0-9].log', '/srv/logs/7.log', true],
  ])('%s on %s: %s', (pattern, path, excluded) => {
    expect(compileExcludes([pattern])(fromText(path))).toBe(excluded);
  });

  it('a byte that is no UTF-8 is one character', () => {
    expect(compileExcludes(['a?b'])('/srv/a\xffb')).toBe(true);
  });
});

describe('excludes in files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'oaops-exclude-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('are patterns, one a line, without comments and empty lines', () => {
    writeFileSync(join(dir, 'patterns'), '# logs\n*.log\r\n\n  \n/srv/*/cache\n# end');
    expect(excludesIn(['patterns'], dir)).toEqual(['*.log', '/srv/*/cache']);
  });

  it('a file that is not there is a mistake, not a backup without excludes', () => {
    expect(() => excludesIn(['missing'], dir)).toThrow(
      expect.objectContaining({ code: 'exclude-file-unreadable', exitCode: 2 }),
    );
  });
});
