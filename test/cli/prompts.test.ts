import { describe, expect, test } from 'vitest';
import { openPrompts } from '../../src/cli/prompts.ts';

describe('without a terminal', () => {
  const prompts = openPrompts({ lang: 'en', stdin: { isTTY: true }, stdout: {} });

  test('every question is refused at once, with exit 6 and the question', async () => {
    const refused = expect.objectContaining({
      code: 'no-terminal',
      exitCode: 6,
      message: expect.stringContaining('go on?'),
    });
    await expect(prompts.confirm('go on?')).rejects.toEqual(refused);
    await expect(prompts.input('go on?')).rejects.toEqual(refused);
    await expect(prompts.number('go on?')).rejects.toEqual(refused);
    await expect(prompts.select('go on?', [{ value: 'a' }])).rejects.toEqual(refused);
    await expect(prompts.password('go on?')).rejects.toEqual(refused);
  });
});
