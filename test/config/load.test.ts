import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig, readConfig } from '../../src/config/load.ts';
import { configJsonSchema } from '../../src/config/schema.ts';
import { describeConfig, findingLine } from '../../src/config/show.ts';

let home: string;
let explicit: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'oaops-config-'));
  explicit = write('explicit/config.yaml', 'lang: en\n');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(home, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, text, { mode: 0o644 });
  return path;
}

function place(env: Record<string, string> = {}, uid = 1000) {
  return { env: { XDG_CONFIG_HOME: join(home, 'xdg'), ...env }, uid, home, etc: join(home, 'etc') };
}

describe('precedence', () => {
  test('environment over named file over user file; mappings are merged, lists replaced', () => {
    const user = write(
      'xdg/oaops/config.yaml',
      'lang: zh-CN\ntimeZone: Asia/Shanghai\nrunbooks: [/a, /b]\nssh:\n  configFile: /u/config\n',
    );
    writeFileSync(explicit, '# comment\nrunbooks: [/c]\nssh: {knownHosts: [/k]}\nlang: en\n');
    const { settings, origins } = loadConfig({
      place: place({ OAOPS_INVENTORY: '/d', OAOPS_RUNBOOK_PATH: '/e' }),
      explicit,
    });
    expect(settings).toEqual({
      lang: 'en',
      timeZone: 'Asia/Shanghai',
      // Not replaced: the folders of OAOPS_RUNBOOK_PATH are looked into before these.
      runbooks: ['/c'],
      inventory: '/d',
      ssh: { configFile: '/u/config', knownHosts: ['/k'] },
    });
    expect(Object.fromEntries(origins)).toEqual({
      lang: { layer: 'file', source: explicit, line: 4 },
      timeZone: { layer: 'user', source: user, line: 2 },
      runbooks: { layer: 'file', source: explicit, line: 2 },
      inventory: { layer: 'environment', source: 'OAOPS_INVENTORY' },
      'ssh.configFile': { layer: 'user', source: user, line: 5 },
      'ssh.knownHosts': { layer: 'file', source: explicit, line: 3 },
    });
  });

  test('user file over that of the machine', () => {
    write('etc/oaops/config.yaml', 'lang: zh-CN\ntimeZone: Asia/Shanghai\n');
    write('xdg/oaops/config.yaml', 'timeZone: UTC\n');
    expect(loadConfig({ place: place() }).settings).toEqual({ lang: 'zh-CN', timeZone: 'UTC' });
  });

  test('--config over OAOPS_CONFIG', () => {
    const other = write('other/config.yaml', 'lang: zh-CN\n');
    expect(loadConfig({ place: place({ OAOPS_CONFIG: other }) }).settings.lang).toBe('zh-CN');
    expect(loadConfig({ place: place({ OAOPS_CONFIG: other }), explicit }).settings.lang).toBe('en');
  });

  test('no file at all is no error, a named one that is missing is', () => {
    expect(loadConfig({ place: place() }).settings).toEqual({});
    expect(() => loadConfig({ place: place(), explicit: join(home, 'none.yaml') })).toThrow(
      expect.objectContaining({ code: 'config-missing', exitCode: 2 }),
    );
  });

  test('an empty file, or one of comments, is valid', () => {
    for (const text of ['', '\n', '# nothing yet\n\n']) {
      writeFileSync(explicit, text);
      expect(readConfig({ place: place(), explicit })).toMatchObject({ settings: {}, findings: [] });
    }
  });
});

test('relative paths count from the file, ~ is the home folder', () => {
  writeFileSync(
    explicit,
    'runbooks: [site, ~/mine, /abs]\nsigning: {key: keys/id}\nrepositories: {main: {legs: [{name: local, location: /r}], identityFile: id.age}}\n',
  );
  const { settings } = loadConfig({ place: place(), explicit });
  expect(settings.runbooks).toEqual([join(dirname(explicit), 'site'), join(home, 'mine'), '/abs']);
  expect(settings.signing?.key).toBe(join(dirname(explicit), 'keys/id'));
  expect(settings.repositories?.['main']?.identityFile).toBe(join(dirname(explicit), 'id.age'));
});

describe('what is wrong is told all at once, with its place', () => {
  test.each([
    ['langg: en', '1:1 error key-unknown unknown key "langg" in the configuration', 'Did you mean "lang"?'],
    ['lang: de', '1:7 error value-invalid', ''],
    [
      'timeZone: Asia/Shangai',
      '1:11 error value-invalid "timeZone" is "Asia/Shangai", not a time zone',
      'Write an IANA name, such as Asia/Shanghai.',
    ],
    ['ssh:\n  knownHost: /x', '2:3 error key-unknown unknown key "knownHost" in "ssh"', 'Did you mean "knownHosts"?'],
    ['runbooks: /a', '1:11 error value-type "runbooks" must be a list, not text', ''],
    ['lang: en\nlang: en', '2:1 error yaml-duplicate-key', ''],
    ['record:\n\turl: x', '2:1 error yaml-tab', ''],
    [
      'record: {url: "postgres://u:s3cret@h/d"}',
      '1:15 error value-invalid "record.url": a password stands in the URL',
      'Put the whole URL behind a reference',
    ],
    ['notify: {channels: {ops: {type: smtp, from: a@b, to: [c@d]}}}', 'error key-missing', 'Add "host"'],
    ['repositories:\n  main:\n    legs: []', '3:5 error value-invalid "repositories.main.legs" must not be empty', ''],
    [
      'repositories: {main: {legs: [{name: a, location: /x}, {name: a, location: /y}]}}',
      'two legs have the same name',
      'Give each its own.',
    ],
  ])('%j', (text, told, next) => {
    writeFileSync(explicit, text);
    const lines = readConfig({ place: place(), explicit }).findings.map(findingLine);
    expect(lines.join('\n')).toContain(told);
    expect(lines.join('\n')).toContain(next);
    expect(lines.join('\n')).not.toContain('s3cret');
    expect(() => loadConfig({ place: place(), explicit })).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        exitCode: 2,
        position: expect.objectContaining({ file: explicit }),
      }),
    );
  });
});

describe('as root', () => {
  test.each([0o664, 0o646])('a file with mode %o is refused', (mode) => {
    chmodSync(explicit, mode);
    expect(() => loadConfig({ place: place({}, 0), explicit })).toThrow(
      expect.objectContaining({
        code: 'config-unsafe',
        exitCode: 2,
        next: expect.stringContaining(`chmod go-w ${explicit}`),
      }),
    );
    expect(loadConfig({ place: place({}, 1000), explicit }).settings.lang).toBe('en');
  });

  test('a file in a folder that others may write is refused', () => {
    chmodSync(dirname(explicit), 0o777);
    expect(() => loadConfig({ place: place({}, 0), explicit })).toThrow(
      expect.objectContaining({ code: 'config-unsafe' }),
    );
    chmodSync(dirname(explicit), 0o1777);
    expect(loadConfig({ place: place({}, 0), explicit }).settings.lang).toBe('en');
  });
});

test('the URL of the record is never shown: it stays a reference', () => {
  const { settings } = loadConfig({ place: place({ OAOPS_RECORD_URL: 'postgres://u:s3cret@h/d' }) });
  expect(settings.record).toEqual({ url: 'env:OAOPS_RECORD_URL' });
});

test('show lists each leaf with its value and origin', () => {
  writeFileSync(explicit, 'notify: {channels: {ops: {type: webhook, url: env:HOOK, headers: {X-A.B: c}}}}\n');
  const { rows } = describeConfig(loadConfig({ place: place(), explicit }));
  expect(rows).toEqual([
    { key: 'notify.channels.ops.headers.X-A.B', value: 'c', origin: `${explicit}:1` },
    { key: 'notify.channels.ops.type', value: 'webhook', origin: `${explicit}:1` },
    { key: 'notify.channels.ops.url', value: 'env:HOOK', origin: `${explicit}:1` },
  ]);
});

test('the published JSON Schema accepts and refuses what the loader does', () => {
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(configJsonSchema() as object);
  expect(
    validate(parse('lang: zh-CN\nrecord: {url: env:DB}\nrepositories: {main: {legs: [{name: a, location: /r}]}}')),
  ).toBe(true);
  expect(validate(parse('langg: en'))).toBe(false);
  expect(validate(parse('repositories: {main: {legs: []}}'))).toBe(false);
});

describe('freezes of the calendar', () => {
  const freeze = (name: string, to = '2027-01-05T00:00:00+08:00') =>
    `    - {name: ${name}, from: "2026-12-25T00:00:00+08:00", to: "${to}", reason: closing}\n`;

  test('add up: a file of a user takes none away that the machine has', () => {
    write('etc/oaops/config.yaml', `calendar:\n  freezes:\n${freeze('year-end')}`);
    write('xdg/oaops/config.yaml', 'calendar: {freezes: []}\n');
    writeFileSync(explicit, `calendar:\n  freezes:\n${freeze('audit')}`);
    const { settings } = loadConfig({ place: place(), explicit });
    expect(settings.calendar?.freezes?.map(({ name }) => name)).toEqual(['year-end', 'audit']);
  });

  test.each([
    ['ends before it begins', freeze('late', '2026-12-24T00:00:00+08:00'), '3:59', 'it ends before it begins'],
    ['has no zone', freeze('late', '2027-01-05 00:00'), '3:59', 'not a time with a zone'],
    ['is named twice', freeze('late') + freeze('late'), '2:3', 'two freezes have the same name'],
  ])('one that %s is told at its place', (_, text, where, words) => {
    writeFileSync(explicit, `calendar:\n  freezes:\n${text}`);
    const [first] = readConfig({ place: place(), explicit }).findings;
    expect(`${first?.line}:${first?.col}`).toBe(where);
    expect(first?.message).toContain(words);
  });
});
