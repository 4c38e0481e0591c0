/** Asks a question; started by tests under a real terminal. SIGTERM ends it unanswered. */
import { openPrompts } from '../../src/cli/prompts.ts';

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const { stdin, stdout } = process;
const prompts = openPrompts({ lang: 'en', stdin, stdout, signal: stop.signal });
try {
  console.log(`answered: ${await prompts.input('What is it called?')}`);
} catch (error) {
  console.log(`not answered: ${(error as Error).message}`);
}
