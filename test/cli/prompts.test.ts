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

  test('of two thousand lines what is typed finds some and changes none; space and Ctrl-A choose', async () => {
    using tmux = new Tmux('pick');
    const many = program.replace('ask-question.ts', 'pick-lines.ts 2000');
    tmux.start('pick', 80, many);
    await tmux.screen('pick', /❯◯ user0$/m);
    // Letters and digits that other lists take for "all", "invert" and "the seventh line".
    tmux.type('pick', 'a', 'i', '7');
    await tmux.screen('pick', /nothing fits[\s\S]*0 of 2000 chosen/);
    tmux.type('pick', 'Escape');
    await tmux.screen('pick', /❯◯ user0$/m);
    tmux.type('pick', 'user1999', 'Space', 'Enter');
    await tmux.screen('pick', /❯◉ user1999$[\s\S]*1 of 2000 chosen/m);
    tmux.type('pick', 'Home', 'NPage');
    await tmux.screen('pick', /❯◯ user15$/m);
    tmux.type('pick', 'user77', 'C-a');
    // 77, 770 to 779.
    await tmux.screen('pick', /❯◉ user77$[\s\S]*12 of 2000 chosen/m);
    tmux.type('pick', 'C-a', 'Enter', 'Enter');
    await tmux.screen('pick', /^answered: 1 v1999$/m);
  });

  test('a long list keeps its shape at 40 columns', async () => {
    using tmux = new Tmux('narrow');
    tmux.start('narrow', 40, program.replace('ask-question.ts', 'pick-lines.ts 300'));
    const lines = (await tmux.screen('narrow', /Enter: done/)).split('\n');
    expect(lines.filter((line) => /^ ?(❯| )?[◯◉] user/.test(line))).toHaveLength(14);
    expect(lines.length).toBeLessThan(24);
    tmux.type('narrow', 'finance');
    await tmux.screen('narrow', /Finance\n❯◯ user150/);
  });
});
