import { describe, expect, test } from 'vitest';
import { type FailureStyle, renderFailure } from '../../src/cli/failure.ts';
import { OaopsError } from '../../src/core/errors.ts';
import { Redactor } from '../../src/core/redaction.ts';

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

  test('in Chinese by its code, and in English rather than without its facts', () => {
    const zh: FailureStyle = { ...style, lang: 'zh-CN' };
    const unknown = new OaopsError('command-unknown', 'there is no command "x"', {
      exitCode: 2,
      details: { command: 'x' },
    });
    expect(renderFailure(unknown, zh)).toBe('oaops: 没有命令 "x"\n');
    expect(renderFailure(new OaopsError('command-unknown', 'there is no command "x"'), zh)).toBe(
      'oaops: there is no command "x"\n',
    );
  });
});
