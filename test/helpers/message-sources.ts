import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** An English text for people, as it stands in the sources; `{}` stands for each value that is put into it. */
export interface SourceMessage {
  text: string;
  place: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files whose texts are programs, schemas, reference pages, machine formats, or lines of a log. */
const otherFiles =
  /cli\/(texts|completion)\/|drill\/report\/|report\/compliance-html|accounts\/report\/(html|[a-z-]*words)|cli\/[a-z]+-flags|runbook\/(reference|json-schema|rules)\.ts|runbook\/formats\/(?!text)|inspect\/formats\/(?!report-words)|install\/systemd-units|process\/(supervisor|files|quote|environment)\.ts|ssh\/remote-texts|record\/db\/migr|repository-cache|cache\/database|s3\/capabilities/;

/** Calls whose texts no user reads: schema descriptions, SQL, comparisons of texts. */
const otherCalls =
  /(\.(describe|meta|prepare|exec|select|includes|startsWith|endsWith|split|join|match|test|registerOperator|where|pragma)|logFile\??\.line|writeFileSync|sha256Hex|sql)$/;

/** Keys beside messages that hold texts for other readers. */
const otherKeys = ['examples', 'en', 'zh-CN', 'summary', 'ENOTDIR', 'load', 'loadGlobals', 'probe'];

function templateOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `{}${literal.text}`).join('');
}

/** What the probe of a check says of its host: `deny "..."`, `none "..."`, and what is written to stderr; `{}` for each value. */
function probeTexts(script: string): string[] {
  return [...script.matchAll(/\b(?:deny|none) "([^"]+)"|\becho "([^"]+)" >&2/g)]
    .map(([, denied, told]) => (denied ?? told)!.replaceAll(/\$(?:\w+|\*)/g, '{}'))
    .filter((text) => text !== '{}');
}

/** Two words of prose next to each other, or one beside a value. */
function isProse(text: string): boolean {
  if (/^[A-Z ()]+$/.test(text)) return false;
  if (
    /^(oaops-|SQLite format|show (?:(?:global|all|replica|slave) |warnings$)|from pg_stat|pg_has_role|begin |select |set (?:session|local) |start transaction |declare |fetch |-----|\/|\$|#)|\u001b|\$\{?[A-Za-z@?*]|\bfi\b|;;|<%=|^while read/.test(
      text,
    )
  )
    return false;
  const words = text.replaceAll(/"[^"]*"/g, '"');
  return (
    /[A-Za-z]{2,}[,;:.]? ["({]*[a-zA-Z]{2,}/.test(words) || /(\{\}|")[,;:]? \(?[a-z]{3,}|[a-z]{3,}:? \{\}/.test(words)
  );
}

function isForOthers(node: ts.Node): boolean {
  for (let up = node.parent, below = node; up && !ts.isBlock(up); below = up, up = up.parent) {
    if (ts.isImportDeclaration(up) || ts.isLiteralTypeNode(up) || ts.isTaggedTemplateExpression(up)) return true;
    if (ts.isCallExpression(up) && below !== up.expression && otherCalls.test(up.expression.getText())) return true;
    if (ts.isPropertyAssignment(up) && otherKeys.includes(up.name.getText().replaceAll("'", ''))) return true;
    if (ts.isPropertyDeclaration(up)) return true;
    if (ts.isBinaryExpression(up) && /[=!]==/.test(up.operatorToken.getText())) return true;
  }
  return false;
}

/** Schemas: only what they say of a wrong value is for users; the rest goes into reference pages. */
const schemaFiles = /(runbook|accounts)\/schema\/|config\/schema\.ts/;

function keyOf(node: ts.Node): string | undefined {
  for (let up = node.parent; up && !ts.isStatement(up); up = up.parent)
    if (ts.isPropertyAssignment(up)) return up.name.getText();
  return undefined;
}

/** `not a name; write one` of a schema is told as a fact without its "not", and a sentence (runbook/check/zod-findings.ts). */
function toldParts(text: string): string[] {
  const [fact, advice] = text.split('; ') as [string, string | undefined];
  const sentence = advice === undefined ? [] : [`${advice.charAt(0).toUpperCase()}${advice.slice(1)}.`];
  return [fact.replace(/^not /, ''), ...sentence];
}

function sourceFiles(folders: readonly string[]): string[] {
  return (
    folders
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
      )
      // Help of metrics is for programs, and must be the same on every machine.
      .filter((file) => file.endsWith('.ts') && !file.endsWith('run-metrics.ts'))
      .sort()
  );
}

function visit(file: string, found: (node: ts.Node, place: string) => void): void {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const each = (node: ts.Node): void => {
    found(node, `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
    ts.forEachChild(node, each);
  };
  each(source);
}

/** Every text of the sources that a person may come to read. */
export function sourceMessages(): SourceMessage[] {
  const messages: SourceMessage[] = [];
  for (const file of sourceFiles(['src', 'commands'])) {
    if (otherFiles.test(file)) continue;
    visit(file, (node, place) => {
      const whole = templateOf(node);
      if (whole !== undefined && file.startsWith('src/inspect/') && whole.includes('\n'))
        for (const text of probeTexts(whole)) messages.push({ text, place });
      if (whole === undefined || !isProse(whole) || isForOthers(node)) return;
      const ofSchema =
        ['error', 'message'].includes(keyOf(node) ?? '') &&
        /^src\/((runbook|accounts)\/schema|config|calendar|actions|backup|rollout|inspect)/.test(file);
      if (schemaFiles.test(file) && !ofSchema) return;
      const told = ofSchema && keyOf(node) === 'error' ? toldParts(whole) : whole.split('\n');
      for (const line of told.map((each) => each.trim())) {
        if (isProse(line)) messages.push({ text: line, place });
      }
    });
  }
  return messages;
}

/** Headings of tables: the texts after `title:` that are all capitals. */
export function sourceTitles(): string[] {
  const titles = new Set<string>();
  for (const file of sourceFiles(['src', 'commands'])) {
    visit(file, (node) => {
      if (!ts.isPropertyAssignment(node) || node.name.getText() !== 'title') return;
      const title = templateOf(node.initializer);
      if (title !== undefined && /^[A-Z][A-Z ]+(\(UTC\))?$/.test(title)) titles.add(title);
    });
  }
  return [...titles];
}

/** Summaries and descriptions of commands, flags, arguments and topics, as help shows them. */
export function sourceHelp(): string[] {
  const { description, oclif } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const topics = Object.values(oclif.topics as Record<string, { description: string }>).map(
    (topic) => topic.description,
  );
  const texts = new Set<string>([description, ...topics]);
  const shared = sourceFiles(['src/cli']).filter((file) => file.endsWith('-flags.ts'));
  for (const file of [...sourceFiles(['commands']), ...shared, 'src/cli/base-command.ts']) {
    visit(file, (node) => {
      if (!ts.isPropertyAssignment(node) && !ts.isPropertyDeclaration(node)) return;
      if (!['summary', 'description'].includes(node.name.getText()) || !node.initializer) return;
      const text = templateOf(node.initializer);
      if (text !== undefined) texts.add(text);
    });
  }
  return [...texts];
}
