import { z } from 'zod';

/** `level`: what a check comes to when what it looks for does not hold. */
export function levelKey(preset: 'warn' | 'fail') {
  return z.enum(['warn', 'fail']).default(preset).describe('What it is when it does not hold.');
}
