import type { RunEvent } from '../../core/events.ts';
import { plainLines } from '../../core/plain-text.ts';

/** Colours of commands, which would only litter the lines of a step. */
const colors = /\u001b\[[0-9;]*m/g;

/**
 * An event for people, without what could drive their terminal: names, messages and output come from others. Colours of output
 * and the carriage return before a line end go; every other control sign is written out.
 */
export function plainEvent(event: RunEvent): RunEvent {
  const output =
    event.event === 'unit.output' ? { text: event.text.replace(colors, '').replace(/\r+(?=\n|$)/g, '') } : {};
  return plain({ ...event, ...output } as RunEvent);
}

function plain<T>(value: T): T {
  if (typeof value === 'string') return plainLines(value) as T;
  if (Array.isArray(value)) return value.map(plain) as T;
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)])) as T;
  return value;
}
