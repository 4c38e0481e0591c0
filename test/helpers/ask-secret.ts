import { openPrompts } from '../../src/cli/prompts.ts';

// A program of its own: it shows a secret in a question, as a run does with a one-time password.
const prompts = openPrompts({ lang: 'en', stdin: process.stdin, stdout: process.stdout });
const answer = await prompts.confirm('wang (oa)\nOne-time password: s3cret-Word\nHanded over?', { vanishes: true });
console.log(`answered: ${answer}`);
