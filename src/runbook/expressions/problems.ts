import { ParseError } from '@marcbachmann/cel-js';
import { messageOf } from '../../core/errors.ts';
import { expressionRoots } from './references.ts';

/** Why an expression is refused; offsets within the source. */
export interface ExpressionProblem {
  rule: 'expression-syntax' | 'expression-type' | 'expression-name';
  message: string;
  next?: string;
  start: number;
  end: number;
}

/** What the CEL library threw or found, in words that name the next step. */
export function explainProblem(error: unknown, source: string): ExpressionProblem {
  const cel = error as { code?: string; summary?: string; range?: { start: number; end: number } };
  const start = Math.min(cel.range?.start ?? 0, source.length);
  const end = Math.max(start, Math.min(cel.range?.end ?? source.length, source.length));
  const summary = lowerFirst(cel.summary ?? messageOf(error).split('\n')[0] ?? 'not valid');
  if (error instanceof ParseError) {
    const ended = summary === 'unexpected token: EOF';
    const hint = syntaxHint(source);
    return {
      rule: 'expression-syntax',
      message: ended ? 'the expression ends too early' : summary,
      ...(hint ? { next: hint } : {}),
      start,
      end,
    };
  }
  if (cel.code === 'unknown_variable') {
    const name = source.slice(start, end) || summary.replace('unknown variable: ', '');
    const hyphen = /([A-Za-z_][\w.]*-)$/.exec(source.slice(0, start));
    const step = hyphen && /\bsteps\.([\w-]+)-$/.exec(source.slice(0, start));
    const next = step
      ? `Write a step id with a hyphen in brackets: steps["${step[1]}-${name}"].`
      : `Known here: ${expressionRoots.join(', ')}; a text stands in quotes.`;
    return { rule: 'expression-name', message: `unknown name "${name}"`, next, start, end };
  }
  return { rule: 'expression-type', message: summary, start, end };
}

function syntaxHint(source: string): string | undefined {
  const bare = source.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
  if (/\b(and|or|not)\b/.test(bare)) return 'Write && for and, || for or, ! for not.';
  if (/(?<![=!<>])=(?!=)/.test(bare)) return 'Write == to compare.';
  if (/\$\{\{/.test(bare)) return 'Write the expression bare here, without ${{ }}.';
  return undefined;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
