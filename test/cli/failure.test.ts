import { Args, Command, Flags } from '@oclif/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { exitCodeOf, type FailureStyle, parseFailure, renderFailure, renderWarning } from '../../src/cli/failure.ts';
import { loadTexts } from '../../src/cli/texts/texts.ts';
import { OaopsError } from '../../src/core/errors.ts';
import { Redactor } from '../../src/core/redaction.ts';

beforeAll(() => loadTexts('zh-CN'));

const style: FailureStyle = { json: false, debug: false, lang: 'en', color: false };
const error = new OaopsError('repository-missing', 'there is no repository at /srv/repo', {
  exitCode: 10,
  next: 'Run "oaops backup init" first.',
  position: { file: 'a.yaml', line: 3, col: 7 },
  details: { location: '/srv/repo' },
});

describe('an error is told', () => {
  test('as place, fact and next step', () => {
    expect(renderFailure(error, style)).toBe(
      'oaops: a.yaml:3:7: there is no repository at /srv/repo\nRun "oaops backup init" first.\n',
    );
  });

  test('as one line of JSON', () => {
    const told = renderFailure(error, { ...style, json: true });
    expect(told.split('\n')).toHaveLength(2);
    expect(JSON.parse(told)).toEqual({
      error: {
        code: 'repository-missing',
        message: 'there is no repository at /srv/repo',
        exitCode: 10,
        next: 'Run "oaops backup init" first.',
        position: { file: 'a.yaml', line: 3, col: 7 },
        details: { location: '/srv/repo' },
      },
    });
  });

  test('with a stack only when asked for', () => {
    expect(renderFailure(error, style)).not.toContain('    at ');
    expect(renderFailure(error, { ...style, debug: true })).toContain('    at ');
  });

  test('without secrets', () => {
    const redactor = new Redactor();
    redactor.add('s3cret-word');
    const leaky = new OaopsError('x', 'refused: s3cret-word', { details: { url: 'https://h/?token=abcdef' } });
    expect(renderFailure(leaky, { ...style, redactor })).toContain('refused: ***');
    expect(renderFailure(leaky, { ...style, json: true, redactor })).not.toMatch(/s3cret|abcdef/);
  });

  test('as a defect when it is none of ours', () => {
    expect(renderFailure(new TypeError('x is not a function'), style)).toMatch(
      /^oaops: x is not a function\nThis is a defect of oaops\./,
    );
    expect(renderFailure('text', style)).toMatch(/^oaops: text\n/);
  });

  test('with a next step when the system says no, or a package is not there', () => {
    const denied = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), {
      code: 'EACCES',
      syscall: 'mkdir',
    });
    expect(renderFailure(denied, style)).toBe(
      "oaops: EACCES: permission denied, mkdir '/x'\nGive this user the right to it, or name another place.\n",
    );
    const missing = Object.assign(new Error("Cannot find package 'listr2' imported from /opt/oaops/x.js"), {
      code: 'ERR_MODULE_NOT_FOUND',
    });
    expect(renderFailure(missing, style)).toMatch(/^oaops: cannot find package 'listr2'.*\nRun "npm ci" in the folder/);
  });

  test('in Chinese by its message', () => {
    const zh: FailureStyle = { ...style, lang: 'zh-CN' };
    const unknown = new OaopsError('command-unknown', 'there is no command "x"', {
      exitCode: 2,
      next: 'Did you mean "oaops run"?',
    });
    expect(renderFailure(unknown, zh)).toBe('oaops: 没有命令 "x"\n是否想运行 "oaops run"？\n');
    expect(renderFailure(error, zh)).toMatch(/^oaops: a\.yaml:3:7: /);
  });

  test('in Chinese around words of others, which stay as they are', () => {
    const zh: FailureStyle = { ...style, lang: 'zh-CN' };
    expect(renderFailure(new TypeError('x is not a function'), zh)).toBe(
      'oaops: 意外错误：x is not a function\n这是 oaops 的缺陷。请加上 --debug 再运行一次，并反馈其输出。\n',
    );
    expect(renderFailure(new OaopsError('own', 'words of another program'), zh)).toBe(
      'oaops: words of another program\n',
    );
  });

  test('as the same JSON in every language', () => {
    const json = { ...style, json: true };
    expect(renderFailure(error, { ...json, lang: 'zh-CN' })).toBe(renderFailure(error, json));
  });
});

describe('what the parser of flags throws is wrong usage, with a next step', () => {
  const flags = {
    dir: Flags.directory({ exists: true }),
    file: Flags.file({ exists: true }),
    url: Flags.url(),
    many: Flags.integer({ min: 1 }),
    own: Flags.string({
      parse: async () => {
        throw new Error('Never good');
      },
    }),
  };
  class Sample extends Command {
    static override flags = flags;
    override async run(): Promise<void> {
      await this.parse(Sample);
    }
  }

  test.each(['--dir=/nowhere', '--file=/nowhere', '--url=::', '--many=0', '--many=x', '--own=1', '--none', 'extra'])(
    '%s',
    async (word) => {
      const config = { bin: 'oaops', runHook: async () => ({ successes: [], failures: [] }) };
      const thrown = parseFailure(await new Sample([word], config as never).run().catch((error: unknown) => error));
      expect(exitCodeOf(thrown)).toBe(2);
      const told = renderFailure(thrown, style);
      expect(told).toMatch(/^oaops: .+\nRun the command with --help/s);
      expect(told).not.toContain('defect');
    },
  );

  const parsed = async (word: string, known: string[] = []) => {
    const config = { bin: 'oaops', runHook: async () => ({ successes: [], failures: [] }) };
    return parseFailure(await new Sample([word], config as never).run().catch((error: unknown) => error), known);
  };

  test('on one line, with the flag before what is wrong with its value', async () => {
    const thrown = await parsed('--many=x');
    expect(renderFailure(thrown, style)).toMatch(/^oaops: --many: expected an integer but received: x\n/);
    expect(renderFailure(thrown, { ...style, lang: 'zh-CN' })).toMatch(/^oaops: --many：必须是整数，而给出的是：x\n/);
  });

  test('with the flag that was meant, whatever value was given to it', async () => {
    const thrown = await parsed('--mnay=3', ['--dir', '--many']);
    expect(renderFailure(thrown, style)).toMatch(/\nDid you mean "--many"\?\n$/);
    expect(thrown).toMatchObject({ exitCode: 2, details: { nearest: '--many' } });
  });

  test('with the names of missing arguments', async () => {
    class Needs extends Command {
      static override args = { from: Args.string({ required: true, description: 'x' }) };
      override async run(): Promise<void> {
        await this.parse(Needs);
      }
    }
    const config = { bin: 'oaops', runHook: async () => ({ successes: [], failures: [] }) };
    const thrown = parseFailure(await new Needs([], config as never).run().catch((error: unknown) => error));
    expect(renderFailure(thrown, style)).toMatch(/^oaops: missing 1 required arg: FROM\nRun the command/);
    expect(renderFailure(thrown, { ...style, lang: 'zh-CN' })).toMatch(/^oaops: 缺少 1 个必需的参数：FROM\n/);
  });

  test('an error of oaops stays what it is', () => expect(parseFailure(error)).toBe(error));
});

test('a warning has one style: a line of text, or of JSON, redacted', () => {
  const redactor = new Redactor();
  redactor.add('hunter2');
  expect(renderWarning('hunter2 is old', { ...style, redactor })).toBe('warning: *** is old\n');
  expect(renderWarning('hunter2 is old', { ...style, redactor, json: true })).toBe(
    '{"warning":{"message":"*** is old"}}\n',
  );
});
