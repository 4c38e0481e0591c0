import type { ASTNode } from '@marcbachmann/cel-js';

/** The names that an expression can start from; `ExpressionContext` tells what each holds. */
export const expressionRoots = ['inputs', 'steps', 'item', 'target', 'run', 'result', 'batch'] as const;
export type ExpressionRoot = (typeof expressionRoots)[number];

/** One use of a root: `steps.copy.outputs.size` is root `steps`, path `copy`, `outputs`, `size`. Offsets within the source. */
export interface Reference {
  root: ExpressionRoot;
  path: string[];
  /** True when the path goes on with a part that is only known when evaluated. */
  dynamic: boolean;
  start: number;
  end: number;
}

/** Macros whose first argument is a variable of their own. */
const boundByMacro = new Set(['all', 'exists', 'exists_one', 'map', 'filter', 'bind']);

/** Every use of a root in an expression, variables bound by macros left out. */
export function collectReferences(ast: ASTNode): Reference[] {
  const found: Reference[] = [];
  const isNode = (part: unknown): part is ASTNode =>
    part !== null && typeof part === 'object' && 'op' in part && 'args' in part;

  /** The chain of names that ends in `node`, when it starts at a root. */
  const chain = (
    node: ASTNode,
    bound: ReadonlySet<string>,
  ): { root: string; path: string[]; dynamic: boolean } | undefined => {
    if (node.op === 'id') return bound.has(node.args) ? undefined : { root: node.args, path: [], dynamic: false };
    if (node.op === '.' || node.op === '.?') {
      const head = chain(node.args[0], bound);
      return head && (head.dynamic ? head : { ...head, path: [...head.path, node.args[1]] });
    }
    if (node.op === '[]' || node.op === '[?]') {
      const head = chain(node.args[0], bound);
      if (!head) return undefined;
      walk(node.args[1], bound);
      const index = node.args[1];
      if (head.dynamic) return head;
      if (index.op === 'value' && typeof index.args === 'string') return { ...head, path: [...head.path, index.args] };
      return { ...head, dynamic: true };
    }
    return undefined;
  };

  const walk = (node: ASTNode, bound: ReadonlySet<string>): void => {
    if (node.op === 'id' || node.op === '.' || node.op === '.?' || node.op === '[]' || node.op === '[?]') {
      const head = chain(node, bound);
      if (head) {
        if (isRoot(head.root))
          found.push({ root: head.root, path: head.path, dynamic: head.dynamic, start: node.start, end: node.end });
        return;
      }
    }
    let inner = bound;
    if (node.op === 'rcall' && boundByMacro.has(node.args[0])) {
      const variable = node.args[2][0];
      if (variable?.op === 'id') inner = new Set([...bound, variable.args]);
      walk(node.args[1], bound);
      for (const argument of node.args[2].slice(1)) walk(argument, inner);
      return;
    }
    const parts: unknown[] = Array.isArray(node.args) ? (node.args as unknown[]).flat(2) : [node.args];
    for (const part of parts) if (isNode(part)) walk(part, inner);
  };
  walk(ast, new Set());
  return found;
}

function isRoot(name: string): name is ExpressionRoot {
  return (expressionRoots as readonly string[]).includes(name);
}

const boundedOps = new Set([
  'id',
  '.',
  '.?',
  '[]',
  '[?]',
  'value',
  'list',
  'map',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '&&',
  '||',
  '?:',
  '!_',
  '-_',
  '+',
  '-',
  '*',
  '/',
  '%',
  'in',
  'call',
  'rcall',
]);
const boundedCalls = new Set(['has', 'size', 'string', 'int', 'double', 'bool']);

/**
 * True when the time an expression takes cannot outgrow its data: no macro that loops, no regular expression, no function but the
 * plainest. Such a one needs no watchdog, which costs far more than most expressions.
 */
export function isBounded(part: unknown): boolean {
  if (Array.isArray(part)) return part.every(isBounded);
  if (part === null || typeof part !== 'object' || !('op' in part)) return true;
  const { op, args } = part as { op: string; args: unknown };
  if (!boundedOps.has(op)) return false;
  if (op === 'value') return true;
  if ((op === 'call' || op === 'rcall') && !boundedCalls.has((args as [string])[0])) return false;
  return isBounded(args);
}
