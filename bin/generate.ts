/**
 * Writes every generated file of the tree, or with --check compares and ends with 1 when one is stale. Everything is made
 * from the sources: exit codes, configuration schema, schemas and rules of runbooks.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openApp } from '../src/app.ts';
import { en } from '../src/cli/texts/en.ts';
import { zhCn } from '../src/cli/texts/zh-cn.ts';
import { configVariables } from '../src/config/environment.ts';
import { configJsonSchema } from '../src/config/schema.ts';
import { ExitCode } from '../src/core/exit-codes.ts';
import { jsonSchemaOf, schemaFileName } from '../src/runbook/json-schema.ts';
import { rules } from '../src/runbook/rules.ts';
import { type JsonSchemaNode, schemaRows } from './lib/schema-rows.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const stale: string[] = [];

function write(path: string, text: string): void {
  const file = join(root, path);
  const present = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (present === text) return;
  stale.push(relative(root, file));
  if (check) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Replaces what stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->`; a page without the marks is left alone. */
function writeSection(path: string, name: string, body: string): void {
  const file = join(root, path);
  if (!existsSync(file)) return;
  const text = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) return;
  write(path, `${text.slice(0, from + begin.length)}\n${body.trim()}\n${text.slice(to)}`);
}

function tableOf(titles: string[], rows: string[][]): string {
  const cell = (words: string) => words.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [titles, titles.map(() => '---'), ...rows.map((row) => row.map(cell))]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const codes = Object.values(ExitCode).map((code) => [String(code), en[`exit.${code}`], zhCn[`exit.${code}`]]);
writeSection('docs/exit-codes.md', 'table', tableOf(['code', 'meaning', '含义'], codes));

const configSchema = configJsonSchema() as JsonSchemaNode;
write('runbooks/schema/config.schema.json', json(configSchema));
const keys = schemaRows(configSchema).map((row) => [`\`${row.key}\``, row.type, row.description]);
writeSection('docs/configuration.md', 'keys', tableOf(['key', 'value', 'meaning'], keys));
const variables = Object.entries(configVariables).map(([variable, key]) => [`\`${variable}\``, `\`${key}\``]);
writeSection('docs/configuration.md', 'variables', tableOf(['variable', 'stands for'], variables));

await using app = openApp({ json: false, quiet: false, verbose: false, debug: false, color: false });
const catalogue = await app.catalogue();
for (const kind of catalogue.kinds)
  write(join('runbooks/schema', schemaFileName(kind.kind)), json(jsonSchemaOf(kind, catalogue)));
const ruleRows = Object.entries(rules).map(([id, rule]) => [`\`${id}\``, rule.severity, rule.summary]);
writeSection('docs/runbook-format.md', 'rules', tableOf(['rule', 'severity', 'reports when'], ruleRows));
for (const kind of catalogue.kinds) {
  const spec = (jsonSchemaOf(kind, catalogue) as JsonSchemaNode).properties?.['spec'];
  if (!spec) continue;
  const rows = schemaRows(spec, (jsonSchemaOf(kind, catalogue) as JsonSchemaNode).definitions ?? {}).map((row) => [
    `\`${row.key}\``,
    row.type,
    row.description,
  ]);
  writeSection('docs/runbook-format.md', `kind ${kind.kind}`, tableOf(['key of `spec`', 'value', 'meaning'], rows));
}
const actionRows = [...catalogue.actions]
  .sort((a, b) => (a.name < b.name ? -1 : 1))
  .map((action) => [
    `\`${action.name}\``,
    action.effect,
    action.title.en,
    action.usesTargets ? 'each target' : 'the local machine',
  ]);
writeSection('docs/runbook-format.md', 'actions', tableOf(['action', 'effect', 'what it does', 'acts on'], actionRows));
const destructiveRows = actionRows
  .filter(([, effect]) => effect === 'destructive')
  .map(([name, , what]) => [name!, what!]);
writeSection('docs/accounts.md', 'destructive', tableOf(['action', 'what it does'], destructiveRows));

if (check && stale.length > 0) {
  process.stderr.write(`stale: ${stale.join(', ')}\nRun "npm run generate" and commit what it writes.\n`);
  process.exitCode = 1;
} else if (!check) process.stdout.write(stale.length > 0 ? `written: ${stale.join(', ')}\n` : 'everything is fresh\n');
