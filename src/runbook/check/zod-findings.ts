import type { z } from 'zod';
import { nearest } from '../../core/nearest.ts';
import { templateSource } from '../expressions.ts';
import type { RuleId } from '../rules.ts';
import type { Finding } from '../types.ts';
import type { Path, YamlDocument } from '../yaml/document.ts';
import { knownKeysAt, schemasAt } from './schema-tree.ts';
import { successorOf } from './successors.ts';

type Issue = z.core.$ZodIssue;

export interface SchemaCheck {
  schema: z.ZodType;
  data: unknown;
  /** Where `data` stands in the document. */
  base: Path;
  /** `${{ cel }}` may stand for any value: what the schema says about such a place is skipped. */
  templates: boolean;
}

/** Checks data against a schema; each issue becomes a finding at the right place, in words for the author. */
export function checkSchema(
  document: YamlDocument,
  check: SchemaCheck,
): { findings: Finding[]; value: unknown; ok: boolean } {
  const parsed = check.schema.safeParse(check.data);
  if (parsed.success) return { findings: [], value: parsed.data, ok: true };
  const issues = parsed.error.issues
    .flatMap((issue) => flatten(issue, check, []))
    .filter((placed) => !ofPartial(document, check, placed));
  const findings = issues.flatMap((placed) =>
    describe(document, check, placed).map((finding) => ({ finding, placed })),
  );
  return { findings: withoutEchoes(findings), value: undefined, ok: false };
}

/**
 * A required key that is only written wrong makes two findings, one for the unknown key and one for the missing one:
 * the first tells both when its next step names the second.
 */
function withoutEchoes(told: { finding: Finding; placed: Placed }[]): Finding[] {
  const advice = new Map<string, string>();
  for (const { finding, placed } of told) {
    if (placed.issue.code !== 'unrecognized_keys' || finding.next?.startsWith('Known') !== false) continue;
    const key = JSON.stringify(placed.path);
    advice.set(key, `${advice.get(key) ?? ''} ${finding.next}`);
  }
  return told
    .filter(({ finding, placed: { path } }) => {
      if (!/^(key-missing|api-version|kind-unknown)$/.test(finding.rule)) return true;
      const told = advice.get(JSON.stringify(path.slice(0, -1)));
      // Written one level too far out: "steps" beside "spec" instead of below it.
      const outside = advice.get('[]')?.includes(`"${String(path.at(-1))}" below "${String(path.at(-2))}"`);
      if (outside) return false;
      return told === undefined || !new RegExp(`"${String(path.at(-1))}[":]`).test(told);
    })
    .map(({ finding }) => finding);
}

/** What is missing from, or wrong with the kind of, a value of which a part was left out: that part was told already. */
function ofPartial(document: YamlDocument, check: SchemaCheck, { issue, path }: Placed): boolean {
  if (!document.hasGaps || issue.code === 'unrecognized_keys') return false;
  const value = valueAt(check.data, path);
  return document.isPartial(value === undefined ? valueAt(check.data, path.slice(0, -1)) : value);
}

type Tell = (rule: RuleId, message: string, next?: string) => Finding;

interface Placed {
  issue: Issue;
  path: Path;
  /** True when it is about the key at the end of the path, not its value. */
  ofKey?: boolean;
}

/** An issue with its whole path; of a union the alternative that fits best, keys of records as themselves. */
function flatten(issue: Issue, check: SchemaCheck, above: Path): Placed[] {
  const path = [...above, ...(issue.path as Path)];
  if (check.templates && templateAbove(check.data, path)) return [];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const options = issue.errors.map((errors) => errors.flatMap((inner) => flatten(inner, check, path)));
    // An alternative whose issues all lie at templates is met.
    if (check.templates && options.some((option) => option.length === 0)) return [];
    const value = valueAt(check.data, path);
    const nearness = (option: Placed[]): number => closeness(option, path, value);
    const best = options.reduce((a, b) => (nearness(b) > nearness(a) ? b : a));
    // None has even the right type: say what all of them expect.
    if (best.every((placed) => isWrongType(placed, path, value))) return [{ issue, path }];
    return best;
  }
  if (issue.code === 'invalid_key')
    return issue.issues.map((inner) => ({ issue: { ...inner, path: [] } as Issue, path, ofKey: true }));
  return [{ issue, path }];
}

/** How near data is to an alternative: the right type first, then few issues, then the ones deeper down. */
function closeness(option: Placed[], path: Path, value: unknown): number {
  const wrongType = option.some((placed) => isWrongType(placed, path, value));
  return (wrongType ? -1000 : 0) - option.length;
}

/** A literal of another type than the value's is a wrong type too. */
function isWrongType({ issue, path: at }: Placed, path: Path, value: unknown): boolean {
  if (at.length !== path.length) return false;
  if (issue.code === 'invalid_value') return issue.values.every((literal) => typeof literal !== typeof value);
  return issue.code === 'invalid_type';
}

function templateAbove(data: unknown, path: Path): boolean {
  let value = data;
  if (templateSource(value) !== undefined) return true;
  for (const key of path) {
    value = value !== null && typeof value === 'object' ? (value as Record<string | number, unknown>)[key] : undefined;
    if (templateSource(value) !== undefined) return true;
  }
  return false;
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      value !== null && typeof value === 'object' ? (value as Record<string | number, unknown>)[key] : undefined,
    data,
  );
}

function describe(document: YamlDocument, check: SchemaCheck, { issue, path: inner, ofKey }: Placed): Finding[] {
  const path = [...check.base, ...inner];
  const value = ofKey ? path.at(-1) : valueAt(check.data, inner);
  const name = ofKey ? `a key of ${nameOf(path.slice(0, -1))}` : nameOf(path);
  const at = (rule: RuleId, message: string, next?: string): Finding =>
    document.finding(rule, document.rangeOf(path, ofKey ? 'key' : 'value'), message, next);

  if (issue.code === 'unrecognized_keys') {
    const known = knownKeysAt(check.schema, check.data, inner);
    const present = (value ?? {}) as object;
    const free = known.filter((candidate) => !Object.hasOwn(present, candidate));
    return issue.keys.map((key) => unknownKey(document, path, key, known, free));
  }
  if (value === undefined && missing(issue)) {
    const place = document.rangeOf(path.slice(0, -1), 'key');
    const expected = expectedAt(check, inner);
    const next =
      issue.code === 'invalid_union' && 'options' in issue
        ? `Add it: ${list(issue.options as string[])}.`
        : `Add "${String(path.at(-1))}"${expected ? `: ${expected}` : ''}.`;
    return [
      document.finding(ruleForMissing(path), place, `${containerOf(path)} has no "${String(path.at(-1))}"`, next),
    ];
  }
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) {
    return [notOneOf(at, name, value, issue.options.map(String))];
  }
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') {
    const expected =
      expectedAt(check, inner) ?? (issue.code === 'invalid_type' ? typeName(issue.expected) : 'something else');
    const found = wrongType(document, path, name, value, expected, at, adviceForText(check, inner));
    return [check.base.length === 0 ? { ...found, rule: ruleForType(path) } : found];
  }
  if (issue.code === 'invalid_value')
    return [notOneOf(at, name, value, issue.values.map(String), check.base.length === 0 ? path : [])];
  if (issue.code === 'too_small' || issue.code === 'too_big')
    return [at('value-invalid', `${name} ${boundText(issue)}`)];
  return [at(ruleForFormat(path, issue), ...formatText(name, value, issue))];
}

/** What the schema at a path would say of a text that stands there instead: quoting 20 makes no duration of it. */
function adviceForText(check: SchemaCheck, path: Path): (text: string) => string | undefined {
  return (text) => {
    const results = schemasAt(check.schema, check.data, path).map((schema) => schema.safeParse(text));
    if (results.some((result) => result.success)) return undefined;
    const message = results
      .flatMap((result) => result.error?.issues ?? [])
      .find(({ code }) => code === 'invalid_format')?.message;
    const advice = message?.split('; ')[1];
    return advice === undefined ? undefined : `${advice.charAt(0).toUpperCase()}${advice.slice(1)}.`;
  };
}

function unknownKey(document: YamlDocument, path: Path, key: string, known: string[], free: string[]): Finding {
  const range = document.rangeOf([...path, key], 'key');
  const successor = successorOf(path, key);
  if (successor)
    return document.finding('key-renamed', range, `"${key}" is not a key of ${containerName(path)}`, successor.next);
  // The beginning of a known key is near too: zh for zh-CN.
  const close = nearest(key, free) ?? known.find((candidate) => candidate.startsWith(`${key}-`)) ?? nearest(key, known);
  const next =
    close !== undefined
      ? `Did you mean "${close}"?`
      : known.length === 0 || known.length > mostListed
        ? undefined
        : `Known keys here: ${known.join(', ')}.`;
  return document.finding('key-unknown', range, `unknown key "${key}" in ${containerName(path)}`, next);
}

function missing(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_union' || issue.code === 'invalid_value';
}

function ruleForMissing(path: Path): RuleId {
  if (path.length === 1 && path[0] === 'apiVersion') return 'api-version';
  if (path.length === 1 && path[0] === 'kind') return 'kind-unknown';
  return 'key-missing';
}

/** Two keys of the header have a rule of their own, which holds for whatever stands there. */
function ruleForType(path: Path): RuleId {
  if (path.length === 1 && path[0] === 'kind') return 'kind-unknown';
  return path.length === 2 && path[0] === 'metadata' && path[1] === 'version' ? 'version-semver' : 'value-type';
}

function wrongType(
  document: YamlDocument,
  path: Path,
  name: string,
  value: unknown,
  expected: string,
  at: Tell,
  advice: (text: string) => string | undefined,
): Finding {
  const source = document.scalarAt(path)?.source;
  const written = source ?? (typeof value === 'object' ? '' : String(value));
  if (typeof value === 'number' || typeof value === 'boolean') {
    if (/text/.test(expected))
      return at(
        'value-type',
        typeof value === 'boolean'
          ? `${name} must be ${expected}, not ${written}`
          : `${name} must be ${expected}, but YAML reads ${written} as a number`,
        advice(written) ?? `Put it in quotes: "${written}".`,
      );
  }
  if (
    typeof value === 'string' &&
    /\btrue\b/.test(expected) &&
    /^(yes|no|on|off|y|n|True|False|TRUE|FALSE)$/.test(value)
  ) {
    const yes = /^(yes|on|y|true)$/i.test(value);
    return at(
      'value-type',
      `${name} must be ${expected}, and YAML 1.2 reads ${value} as text`,
      `Write ${yes ? 'true' : 'false'}.`,
    );
  }
  if (typeof value === 'string' && /number/.test(expected) && value.trim() !== '' && Number.isFinite(Number(value))) {
    return at('value-type', `${name} must be ${expected}, not text`, 'Remove the quotes.');
  }
  if (typeof value === 'string' && templateSource(value) !== undefined) {
    return at(
      'value-type',
      `${name} must be ${expected}; an expression is not possible here`,
      'Expressions stand in values below "with".',
    );
  }
  const next = typeof value === 'string' && /^a list$/.test(expected) ? 'Write it as a list: [a, b].' : undefined;
  return at('value-type', `${name} must be ${expected}, not ${describeValue(value)}`, next);
}

/** A list of more than that helps nobody. */
const mostListed = 30;

function notOneOf(at: Tell, name: string, value: unknown, options: string[], path: Path = []): Finding {
  const rule: RuleId = path.length === 1 && path[0] === 'apiVersion' ? 'api-version' : 'value-invalid';
  const close = typeof value === 'string' ? nearest(value, options) : undefined;
  return at(
    rule,
    options.length > mostListed
      ? `${name} is ${describeValue(value, true)}, which is not known`
      : `${name} is ${describeValue(value, true)}, not ${options.length === 1 ? options[0] : `one of ${list(options)}`}`,
    close === undefined ? undefined : `Did you mean "${close}"?`,
  );
}

function ruleForFormat(path: Path, issue: Issue): RuleId {
  if (path.length === 2 && path[0] === 'metadata' && path[1] === 'version') return 'version-semver';
  if (path[0] === 'spec' && path[1] === 'schedule' && issue.code === 'custom') return 'schedule-invalid';
  return 'value-invalid';
}

/** The schema's own message is a fact and, after a semicolon, what to write. */
function formatText(name: string, value: unknown, issue: Issue): [message: string, next: string | undefined] {
  const [fact, advice] = issue.message.split('; ');
  const next = advice === undefined ? undefined : `${advice.charAt(0).toUpperCase()}${advice.slice(1)}.`;
  if (issue.code === 'invalid_format' && 'pattern' in issue && issue.message.startsWith('Invalid string')) {
    return [`${name} is ${describeValue(value, true)}, which does not match ${String(issue.pattern)}`, undefined];
  }
  if (fact !== undefined && /^not /.test(fact)) return [`${name} is ${describeValue(value, true)}, ${fact}`, next];
  return [`${name}: ${lowerFirst(fact ?? issue.message)}`, next];
}

function boundText(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const small = issue.code === 'too_small';
  const bound = String(small ? issue.minimum : issue.maximum);
  const unit =
    issue.origin === 'string' ? ' characters' : issue.origin === 'array' || issue.origin === 'set' ? ' items' : '';
  const verb = unit === '' ? 'must be' : 'must have';
  if (small && unit !== '' && bound === '1') return 'must not be empty';
  const strict = issue.inclusive === false;
  return `${verb} ${small ? (strict ? 'more than' : 'at least') : strict ? 'less than' : 'at most'} ${bound}${unit}`;
}

/** What the schema at a path expects, in words; undefined when it takes anything. */
function expectedAt(check: SchemaCheck, path: Path): string | undefined {
  const words = schemasAt(check.schema, check.data, path).map((schema) => {
    const def = schema.def as unknown as { type: string; values?: unknown[]; entries?: Record<string, string> };
    if (def.type === 'literal') return list(def.values?.map(String) ?? []);
    if (def.type === 'enum') {
      const values = Object.values(def.entries ?? {});
      return `${values.length > 1 ? 'one of ' : ''}${list(values)}`;
    }
    if (def.type === 'number')
      return (schema as { format?: string }).format === 'safeint' ? 'a whole number' : 'a number';
    return def.type === 'unknown' || def.type === 'any' ? '' : typeName(def.type);
  });
  const distinct = [...new Set(words.filter((word) => word !== ''))];
  return distinct.length === 0 ? undefined : distinct.join(' or ');
}

function typeName(type: string): string {
  const names: Record<string, string> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    object: 'a mapping',
    record: 'a mapping',
    array: 'a list',
    tuple: 'a list',
    null: 'null',
    undefined: 'absent',
  };
  return names[type] ?? type;
}

function describeValue(value: unknown, quote = false): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (quote)
    return typeof value === 'string' ? `"${value.length > 60 ? `${value.slice(0, 57)}...` : value}"` : String(value);
  if (typeof value === 'string') return 'text';
  return typeof value === 'number' ? 'a number' : String(value);
}

/** `"steps[2].retry.attempts"`, from the part that tells the place best. */
export function nameOf(path: Path): string {
  const parts = path[0] === 'spec' && path.length > 1 ? path.slice(1) : path;
  if (parts.length === 0) return 'the document';
  return `"${parts.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('')}"`;
}

function containerOf(path: Path): string {
  return path.length === 1 ? 'the runbook' : nameOf(path.slice(0, -1));
}

function containerName(path: Path): string {
  return path.length === 0 ? 'the runbook' : nameOf(path);
}

function list(words: string[]): string {
  return words.join(', ');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
