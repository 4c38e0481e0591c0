import { expect, test } from 'vitest';
import { plainEvent } from '../../../src/cli/render/plain-event.ts';
import type { RunEvent } from '../../../src/core/events.ts';

const base = { time: '2026-11-22T18:05:00.000Z', run: 'r', step: 's' };

test('output: colours and the sign before a line end go, what could drive a terminal is written out', () => {
  const event: RunEvent = {
    ...base,
    event: 'unit.output',
    unit: 'web\u001b[2J',
    stream: 'stdout',
    text: '\u001b[1;31mred\u001b[0m\tline\r\nnext\u001b]0;title\u0007\n',
  };
  expect(plainEvent(event)).toEqual({
    ...event,
    unit: 'web\\u001b[2J',
    text: 'red\tline\nnext\\u001b]0;title\\u0007\n',
  });
});

test('messages keep their lines, other values stay as they are', () => {
  const event: RunEvent = { ...base, event: 'run.warning', message: 'one\ntwo\r\u009b31m' };
  expect(plainEvent(event)).toEqual({ ...event, message: 'one\ntwo\\u000d\\u009b31m' });
});
