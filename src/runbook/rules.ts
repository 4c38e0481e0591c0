import type { Severity } from './types.ts';

/** One rule of validation: listed in docs/runbook-format.md, in SARIF and in `oaops runbook validate --help`. */
export interface Rule {
  severity: Severity;
  /** One sentence that says when the rule reports. */
  summary: string;
}

/**
 * Every rule by its stable id. Ids are never renamed or reused: sites filter and baseline on them.
 * A kind's own rules use ids of this table too, so that the list stays whole.
 */
export const rules = {
  'file-unreadable': { severity: 'error', summary: 'The file cannot be opened or read.' },
  'file-too-large': { severity: 'error', summary: 'The file is larger than the cap; it is not parsed.' },
  'file-encoding': { severity: 'error', summary: 'The file is not UTF-8.' },
  'file-bom': { severity: 'warning', summary: 'The file starts with a byte order mark.' },
  'file-control-character': { severity: 'error', summary: 'The file holds a NUL or another control character.' },
  'file-empty': { severity: 'error', summary: 'The file holds no YAML content.' },
  'findings-capped': { severity: 'error', summary: 'The file has more findings than are told of one file.' },
  'yaml-syntax': { severity: 'error', summary: 'The text is not YAML 1.2.' },
  'yaml-tab': { severity: 'error', summary: 'A tab is used for indentation.' },
  'yaml-duplicate-key': { severity: 'error', summary: 'A mapping has the same key twice.' },
  'yaml-multi-document': { severity: 'error', summary: 'The file holds more than one YAML document.' },
  'yaml-alias': { severity: 'error', summary: 'An alias names no earlier anchor, or an anchor contains itself.' },
  'yaml-alias-bomb': { severity: 'error', summary: 'Aliases expand to more nodes than the cap allows.' },
  'yaml-depth': { severity: 'error', summary: 'Values are nested deeper than the cap allows.' },
  'yaml-too-many-nodes': { severity: 'error', summary: 'The document has more values than the cap allows.' },
  'yaml-tag': { severity: 'error', summary: 'A value has a YAML tag; runbooks use plain values only.' },
  'yaml-directive': { severity: 'error', summary: 'A %YAML directive asks for another version than 1.2.' },
  'yaml-key': { severity: 'error', summary: 'A key is not a plain word, such as an unquoted {{ ... }}.' },
  'yaml-merge-key': { severity: 'error', summary: 'A merge key (<<) is used; YAML 1.2 has none.' },
  'yaml-number': { severity: 'error', summary: 'A number is infinite, not a number, or too large to keep exactly.' },
  'api-version': { severity: 'error', summary: '`apiVersion` is missing or not one that this oaops reads.' },
  'kind-unknown': { severity: 'error', summary: '`kind` is missing or names no known kind.' },
  'key-unknown': { severity: 'error', summary: 'A key is not known at this place.' },
  'key-renamed': { severity: 'error', summary: 'A key has another name here; the finding tells it.' },
  'key-missing': { severity: 'error', summary: 'A required key is missing.' },
  'value-type': { severity: 'error', summary: 'A value has the wrong type.' },
  'value-invalid': { severity: 'error', summary: 'A value has the right type but is not allowed.' },
  'version-semver': { severity: 'error', summary: '`metadata.version` is not a semantic version (semver.org 2.0.0).' },
  'version-not-raised': { severity: 'error', summary: 'The runbook differs from the base without a higher version.' },
  'name-duplicate': { severity: 'error', summary: 'Two files checked together have the same `metadata.name`.' },
  'title-translation': { severity: 'warning', summary: 'The title has no zh-CN text.' },
  'procedure-unknown': { severity: 'error', summary: '`metadata.procedures` names no procedure of the handbooks.' },
  'step-id-duplicate': { severity: 'error', summary: 'Two steps have the same id.' },
  'step-unknown': { severity: 'error', summary: '`needs` or `onFailure` names no step of this runbook.' },
  'step-cycle': { severity: 'error', summary: 'Steps need each other in a circle.' },
  'step-order': {
    severity: 'error',
    summary: 'A step refers to one that has not ended when it starts, or `onFailure` goes backwards.',
  },
  'step-handler': { severity: 'error', summary: 'A step needs one that only starts after a failure.' },
  'step-result': { severity: 'error', summary: 'An expression reads a field that the action does not give.' },
  'targets-ignored': { severity: 'warning', summary: '`targets` on an action that runs once, on the local machine.' },
  'check-unknown': { severity: 'error', summary: '`check` names no known type of check.' },
  'inspection-id-duplicate': {
    severity: 'error',
    summary: 'Two sections, or two checks, of an inspection have the same id.',
  },
  'inspection-check-unknown': { severity: 'error', summary: '`needs` or a waiver names no check of this inspection.' },
  'inspection-needs-circle': { severity: 'error', summary: 'Checks need each other in a circle.' },
  'account-id': { severity: 'error', summary: 'An id of a source or directory is there twice, or names nothing.' },
  'account-statement': {
    severity: 'error',
    summary: 'A query or statement of a SQL directory cannot do what it is for.',
  },
  'account-figure': {
    severity: 'error',
    summary: 'With a figure of an account review nothing would ever be done, or something to everybody.',
  },
  'account-address': { severity: 'error', summary: 'The address or place of a source or directory cannot be one.' },
  'account-operation': { severity: 'error', summary: 'A key of an account review is one of another operation.' },
  'account-person': { severity: 'error', summary: 'Opening, change and revocation name no person.' },
  'account-cleanup': { severity: 'warning', summary: 'A cleanup does not say what is done about which finding.' },
  'account-step-id': { severity: 'error', summary: 'A step has an id that an account review gives to its own steps.' },
  'inspection-step-id': { severity: 'error', summary: 'A step has an id that an inspection gives to its own steps.' },
  'action-unknown': { severity: 'error', summary: '`uses` names no known action.' },
  'expression-syntax': { severity: 'error', summary: 'An expression is not valid CEL.' },
  'expression-type': {
    severity: 'error',
    summary: 'An expression applies an operator or function to types it does not take.',
  },
  'expression-name': { severity: 'error', summary: 'An expression uses a name that is not known at this place.' },
  'expression-in-string': {
    severity: 'error',
    summary: '${{ }} stands inside a longer text, or where an expression is written bare.',
  },
  'input-undefined': { severity: 'error', summary: 'An expression reads an input that the runbook does not declare.' },
  'input-unused': { severity: 'warning', summary: 'An input is declared and never read.' },
  'input-default': { severity: 'error', summary: 'The default of an input does not meet its own type or bounds.' },
  'output-undefined': { severity: 'error', summary: 'An expression reads an output that the step does not declare.' },
  'secret-prompt-waits': {
    severity: 'error',
    summary: 'A prompted secret in a run that can wait: nobody is there to type it when the run goes on.',
  },
  'schedule-invalid': {
    severity: 'error',
    summary: 'A cron expression never comes, a time zone is unknown, or parts of a schedule do not fit together.',
  },
  'kind-rule': { severity: 'error', summary: 'A rule of the kind is broken; the message tells which.' },
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof rules;
