import { describe, expect, test } from 'vitest';
import { Redactor } from '../../src/core/redaction.ts';

describe('redaction', () => {
  test('replaces a registered secret wherever it stands, also each line of it', () => {
    const redactor = new Redactor();
    redactor.add('first-line\nsecond-line');
    expect(redactor.redact('x first-line y second-line')).toBe('x *** y ***');
  });

  test('a secret that contains another is replaced whole', () => {
    const redactor = new Redactor();
    redactor.add('hunter2');
    redactor.add('hunter2-extended');
    expect(redactor.redact('hunter2-extended hunter2')).toBe('*** ***');
  });

  test('passwords of URLs and tokens of queries go, hosts stay', () => {
    const redactor = new Redactor();
    expect(redactor.redact('postgres://oa:s3cr3t@db:5432/oa')).toBe('postgres://oa:***@db:5432/oa');
    expect(redactor.redact('https://h/robot?access_token=abc&x=1')).toBe('https://h/robot?access_token=***&x=1');
  });

  test('a secret URL is known by its path, and without its query', () => {
    const redactor = new Redactor();
    redactor.add('https://Hooks.example.com/services/T0/s3cr3t?v=1&sig=long-signature');
    for (const text of ['https://hooks.example.com/services/T0/s3cr3t cannot be reached', 'sent long-signature']) {
      expect(redactor.redact(text)).toContain('***');
      expect(redactor.redact(text)).not.toMatch(/s3cr3t|signature/);
    }
    redactor.add('https://oa.example.com/hook');
    expect(redactor.redact('/hook/x')).toBe('/hook/x');
  });

  test('goes through nested values and keeps other types', () => {
    const redactor = new Redactor();
    redactor.add('topsecret');
    expect(redactor.redactValue({ a: ['topsecret', 1, null], b: { c: 'say topsecret' } })).toEqual({
      a: ['***', 1, null],
      b: { c: 'say ***' },
    });
  });

  test('very short values are left alone: replacing them would garble the text', () => {
    const redactor = new Redactor();
    redactor.add('ab');
    expect(redactor.redact('abc')).toBe('abc');
  });

  test('keys of objects too, but not the names of fields', () => {
    const redactor = new Redactor();
    redactor.add('Tr0ub4dor&3');
    redactor.add('message');
    expect(redactor.redactValue({ 'x Tr0ub4dor&3': 1, message: 'a message' })).toEqual({
      'x ***': 1,
      message: 'a ***',
    });
  });

  test('base64, also inside of other data', () => {
    const redactor = new Redactor();
    redactor.add('Tr0ub4dor&3~~>');
    for (const around of ['', 'u', 'us', 'user:'])
      for (const kind of ['base64', 'base64url'] as const) {
        const shown = redactor.redact(Buffer.from(`${around}Tr0ub4dor&3~~>${around}`).toString(kind));
        expect(shown).toContain('***');
        // At the edges a sign holds bits of the neighbours too: what is left tells no whole character of the secret.
        expect(shown.replace('***', '').length).toBeLessThanOrEqual(2 * around.length + 6);
      }
    expect(redactor.redact(Buffer.from('something else of that length').toString('base64'))).not.toContain('***');
  });

  test('private age keys, known or not', () => {
    expect(new Redactor().redact('key AGE-SECRET-KEY-1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L is it')).toBe('key *** is it');
  });
});
