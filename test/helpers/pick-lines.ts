/** Asks which of many lines are meant; started by tests under a real terminal. Argument: how many lines. */
import { openPrompts } from '../../src/cli/prompts.ts';

const count = Number(process.argv[2]);
const { stdin, stdout } = process;
const lines = Array.from({ length: count }, (_, index) => ({
  value: `v${index}`,
  name: `user${index}`,
  checked: false,
}));
const half = Math.ceil(count / 2);
const chosen = await openPrompts({ lang: 'en', stdin, stdout }).checkbox('Which?', [
  { heading: 'Sales' },
  ...lines.slice(0, half),
  { heading: 'Finance' },
  ...lines.slice(half),
]);
console.log(`answered: ${chosen.length} ${chosen.slice(0, 3).join()}`);
