import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openPrompts } from '../../src/cli/prompts.ts';
import { hasTmux, Tmux } from '../helpers/tmux.ts';

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

describe.skipIf(!hasTmux)('in a terminal', () => {
  const program = `${process.execPath} ${fileURLToPath(new URL('../helpers/ask-question.ts', import.meta.url))}`;

  test('a question is asked anew after Ctrl-Z and fg, hears keys and Ctrl-C, and can still be stopped', async () => {
    using tmux = new Tmux('prompts');
    tmux.shell('ask');
    const suspend = async () => {
      tmux.type('ask', 'clear', 'Enter');
      await tmux.screen('ask', /^\$\s*$/);
      tmux.type('ask', program, 'Enter');
      await tmux.screen('ask', /called\?\s*$/);
      tmux.type('ask', 'half a na', 'C-z');
      await tmux.screen('ask', /half a na\n[\s\S]*Stopped.*\n\$\s*$/);
      tmux.type('ask', 'fg', 'Enter');
      await tmux.screen('ask', /fg\n.*\n\s*\? What is it called\?\s*$/);
    };
    await suspend();
    tmux.type('ask', 'a name', 'Enter');
    await tmux.screen('ask', /^answered: a name\n\$\s*$/m);
    await suspend();
    tmux.type('ask', 'C-c');
    await tmux.screen('ask', /^not answered: stopped at a question\n\$\s*$/m);
    await suspend();
    const shell = tmux.run('display-message', '-p', '-t', 'ask', '#{pane_pid}').trim();
    process.kill(Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8')), 'SIGTERM');
    await tmux.screen('ask', /^not answered: Prompt was aborted\n\$\s*$/m);
  });

  test('a question with a secret leaves nothing on the screen, nor above it', async () => {
    using tmux = new Tmux('secret');
    tmux.shell('tell');
    await tmux.screen('tell', /^\$\s*$/);
    tmux.type('tell', program.replace('ask-question', 'ask-secret'), 'Enter');
    await tmux.screen('tell', /s3cret-Word[\s\S]*Handed over\? \(y\/N\)\s*$/);
    tmux.type('tell', 'y', 'Enter');
    expect(await tmux.everything('tell', /^answered: true$/m)).not.toContain('s3cret');
  });
});
