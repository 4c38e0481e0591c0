import type { YAMLError } from 'yaml';
import type { RuleId } from '../rules.ts';
import { foreignSpace } from './indentation.ts';

interface Explained {
  rule: RuleId;
  message: string;
  next?: string;
  /** True when the parser had to guess the nesting: what it made of the text is not checked any further. */
  structural: boolean;
  /** Where the mistake starts, when that is not where the parser stopped. */
  offset?: number;
}

type Told = Omit<Explained, 'rule'> & { rule?: RuleId };

/** What the parser's error codes mean to the author of a runbook. */
const told: Record<string, Told> = {
  TAB_AS_INDENT: {
    rule: 'yaml-tab',
    message: 'a tab is used for indentation',
    next: 'Indent with spaces, two per level.',
    structural: true,
  },
  BAD_INDENT: {
    message: 'the indentation fits no line above',
    next: 'Indent each level by two spaces; a bracket or brace must be closed.',
    structural: true,
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a second "key: value" in one line, or a line indented too little or too much',
    next: 'Quote a value that contains ": ", and align keys and list items of one level.',
    structural: true,
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a line that is neither "key: value" nor a list item',
    next: 'Add the missing colon, or quote a text of several lines.',
    structural: true,
  },
  BLOCK_IN_FLOW: {
    message: 'an indented block stands inside brackets or braces',
    next: 'Write the inner value in brackets or braces as well.',
    structural: true,
  },
  BAD_COLLECTION_TYPE: {
    message: 'a list and a mapping are mixed at one level',
    next: 'Use either "- item" or "key: value" at one level.',
    structural: true,
  },
  COMMENT_SPACE: {
    message: 'a comment needs a space before the #',
    next: 'Put a space before it, or quote the text.',
    structural: false,
  },
  BAD_SCALAR_START: {
    message: 'a plain text cannot start with this character',
    next: 'Put the text in quotes.',
    structural: false,
  },
  BAD_DQ_ESCAPE: {
    message: 'an unknown escape in a double-quoted text',
    next: 'Use single quotes, or write \\\\ for a backslash.',
    structural: false,
  },
  BAD_ALIAS: { message: 'an alias with a wrong name', next: 'Quote a text that starts with *.', structural: false },
  DUPLICATE_KEY: { rule: 'yaml-duplicate-key', message: 'a key stands here for the second time', structural: false },
  MULTIPLE_ANCHORS: { message: 'a value has two anchors', next: 'Keep one of them.', structural: false },
  MULTIPLE_TAGS: { rule: 'yaml-tag', message: 'a value has two tags', next: 'Remove the tags.', structural: false },
  KEY_OVER_1024_CHARS: {
    message: 'a key is longer than 1024 characters',
    next: 'A colon may be missing or misplaced further up.',
    structural: true,
  },
  MULTIPLE_DOCS: {
    rule: 'yaml-multi-document',
    message: 'the file holds more than one YAML document',
    structural: false,
  },
  BAD_DIRECTIVE: {
    rule: 'yaml-directive',
    message: 'a line that starts with % is a YAML directive',
    next: 'Remove it, or quote the text.',
    structural: false,
  },
  MISSING_CHAR: { message: 'a quote, bracket or colon is missing', structural: true },
  UNEXPECTED_TOKEN: {
    message: 'this does not belong here',
    next: 'Check indentation and quotes of this line and the one above.',
    structural: true,
  },
};

/** Puts an error of the YAML parser into words that name the next step. */
export function explainSyntax(error: YAMLError, text: string): Explained {
  const known = told[error.code];
  const [at] = error.pos;
  const foreign = known?.structural === true ? foreignSpace(text, at) : undefined;
  if (foreign !== undefined) {
    const code = text.charCodeAt(foreign).toString(16).toUpperCase().padStart(4, '0');
    return {
      rule: 'yaml-syntax',
      message: `the space U+${code} is used for indentation`,
      next: 'Indent with plain spaces, two per level.',
      offset: foreign,
      structural: true,
    };
  }
  if (text.slice(at - 1, at + 2) === '${{') {
    return {
      rule: 'yaml-syntax',
      message: 'an expression stands unquoted inside brackets or braces',
      next: "Quote it: '${{ ... }}'.",
      offset: at - 1,
      structural: true,
    };
  }
  const detail = lowerFirst(error.message);
  if (error.code === 'MISSING_CHAR' && /without - indicator/.test(error.message)) return explained(told['BAD_INDENT']!);
  if (error.code === 'MISSING_CHAR') {
    const missing = /Missing closing ('|")?/.exec(error.message);
    const message = missing
      ? `a text that is opened with ${missing[1] ?? 'a quote'} is never closed`
      : 'a line that is neither "key: value" nor a list item';
    return {
      rule: 'yaml-syntax',
      message,
      next: missing ? 'Add the closing quote.' : 'Add the missing colon; a key is followed by ": ".',
      structural: true,
    };
  }
  if (error.code === 'BAD_SCALAR_START') {
    const character = text[error.pos[0]] ?? '';
    return {
      rule: 'yaml-syntax',
      message: `a plain text cannot start with ${character}`,
      next: 'Put the text in quotes.',
      structural: false,
    };
  }
  if (error.code === 'BAD_INDENT' && /end with a/.test(error.message)) {
    const closing = error.message.at(-1) ?? ']';
    return {
      rule: 'yaml-syntax',
      message: `a ${closing} is missing`,
      next: `Close the ${closing === ']' ? 'list' : 'mapping'} with ${closing}.`,
      structural: true,
    };
  }
  if (!known) return { rule: 'yaml-syntax', message: detail, structural: true };
  return explained(known);
}

function explained(known: Told): Explained {
  return { ...known, rule: known.rule ?? 'yaml-syntax' };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
