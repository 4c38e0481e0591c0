import { describe, expect, it } from 'vitest';
import { openApp } from '../../src/app.ts';
import { checkText } from '../../src/runbook/load.ts';

const good = `apiVersion: oaops/v1
kind: Procedure
metadata:
  name: restart-oa
  version: 1.0.0
  title: {en: Restart the OA service, zh-CN: 重启 OA 服务}
  description: Restarts it.
  owner: platform
  procedures: [EM-04]
  labels: {team: oa}
spec:
  inputs:
    reason: {type: string, required: true, min: 3, pattern: "[A-Z].*"}
    limit: {type: duration, default: 5m, max: 30m}
    cap:
      type: size
      default: 64MiB
    mode:
      type: enum
      values: [fast, safe]
      default: fast
  inventory: hosts.yaml
  maxParallelSteps: 2
  schedule:
    type: cron
    expression: "30 2 * * *"
    timeZone: Asia/Shanghai
  steps:
    - id: ask
      uses: manual.confirm
      with:
        message: \${{ "Restart now? Reason - " + inputs.reason }}
    - id: restart
      name: {en: Restart, zh-CN: 重启服务}
      uses: exec
      if: inputs.mode == "fast"
      with:
        argv: [systemctl, restart, oa]
        env:
          LIMIT: \${{ inputs.limit }}
      targets: [web1]
      timeout: 2m
      retry: {attempts: 3, delay: 5s}
      become:
        method: sudo
        user: root
      onFailure: step:report
      verify:
        uses: exec
        with:
          argv: [systemctl, is-active, oa]
        success: result.exitCode == 0
      undo:
        uses: exec
        with:
          argv: [systemctl, stop, oa]
    - id: check
      uses: exec
      needs: [restart]
      with:
        argv: [systemctl, is-active, oa]
      outputs:
        state: result.stdout
      success: result.exitCode in [0, 3]
    - id: loop
      uses: exec
      forEach: [1, 2]
      with:
        argv: [echo, '\${{ string(item) }}', '\${{ steps.check.outputs.state }}', '\${{ inputs.cap }}']
    - id: report
      uses: exec
      with:
        argv: [logger, "the OA service could not be restarted"]
`;

/**
 * One mistake each, as people make them: what is replaced by what, and the only finding that it may give, at the place where
 * one looks for the mistake.
 */
const defects: [name: string, from: string | RegExp, to: string, finding: string][] = [
  [
    'no apiVersion',
    'apiVersion: oaops/v1\n',
    '',
    '1:1 error api-version: the runbook has no "apiVersion" | Add "apiVersion": oaops/v1.',
  ],
  [
    'no kind',
    'kind: Procedure\n',
    '',
    '1:1 error kind-unknown: the runbook has no "kind" | Add "kind": one of Procedure, Backup, RestoreDrill, Rollout, Inspection, AccountReview.',
  ],
  ['no name', '  name: restart-oa\n', '', '3:1 error key-missing: "metadata" has no "name" | Add "name": text.'],
  ['no version', '  version: 1.0.0\n', '', '3:1 error key-missing: "metadata" has no "version" | Add "version": text.'],
  [
    'no title',
    / {2}title: .*\n/,
    '',
    '3:1 error key-missing: "metadata" has no "title" | Add "title": text or a mapping.',
  ],
  ['no owner', '  owner: platform\n', '', '3:1 error key-missing: "metadata" has no "owner" | Add "owner": text.'],
  [
    'no metadata',
    /metadata:[\s\S]*(?=spec:)/,
    '',
    '1:1 error key-missing: the runbook has no "metadata" | Add "metadata": a mapping.',
  ],
  ['no spec', /spec:[\s\S]*/, '', '1:1 error key-missing: the runbook has no "spec" | Add "spec": a mapping.'],
  ['empty spec', /spec:[\s\S]*/, 'spec:\n', '11:1 error value-type: "spec" must be a mapping, not empty'],
  [
    'empty metadata',
    /metadata:[\s\S]*(?=spec:)/,
    'metadata:\n',
    '3:1 error value-type: "metadata" must be a mapping, not empty',
  ],
  ['empty name', 'name: restart-oa', 'name:', '4:3 error value-type: "metadata.name" must be text, not empty'],
  ['no steps', / {2}steps:[\s\S]*/, '', '11:1 error key-missing: "spec" has no "steps" | Add "steps": a list.'],
  ['steps empty', / {2}steps:[\s\S]*/, '  steps: []\n', '28:3 error value-invalid: "steps" must not be empty'],
  [
    'steps mapping',
    / {2}steps:[\s\S]*/,
    '  steps:\n    a: {uses: exec}\n',
    '28:3 error value-type: "steps" must be a list, not a mapping',
  ],
  [
    'step no id',
    '    - id: restart\n      name',
    '    - name',
    '33:7 error key-missing: "steps[1]" has no "id" | Add "id": text.',
  ],
  [
    'step no uses',
    '      uses: exec\n      if',
    '      if',
    '33:7 error key-missing: "steps[1]" has no "uses" | Add "uses": text.',
  ],
  [
    'step no with',
    /(id: check\n {6}uses: exec\n {6}needs: \[restart\]\n) {6}with:\n {8}argv.*\n/,
    '$1',
    '58:13 error key-missing: "steps[2].with" has no "argv" | Add "argv": a list.',
  ],
  [
    'step with empty',
    /(id: check\n {6}uses: exec\n {6}needs: \[restart\]\n) {6}with:\n {8}argv.*\n/,
    '$1      with: {}\n',
    '60:7 error key-missing: "steps[2].with" has no "argv" | Add "argv": a list.',
  ],
  [
    'step with null',
    /(id: check\n {6}uses: exec\n {6}needs: \[restart\]\n) {6}with:\n {8}argv.*\n/,
    '$1      with:\n',
    '60:7 error value-type: "steps[2].with" must be a mapping, not empty',
  ],
  [
    'step is text',
    '    - id: loop\n',
    '    - hello\n    - id: loop\n',
    '65:7 error value-type: "steps[3]" must be a mapping, not text',
  ],
  [
    'input no type',
    '{type: duration, default: 5m, max: 30m}',
    '{default: 5m}',
    '14:5 error key-missing: "inputs.limit" has no "type" | Add it: string, integer, boolean, duration, size, file, enum, secret.',
  ],
  [
    'input null',
    'limit: {type: duration, default: 5m, max: 30m}',
    'limit:',
    '14:5 error value-type: "inputs.limit" must be a mapping, not empty',
  ],
  [
    'input bad type',
    'type: duration',
    'type: duratoin',
    '14:19 error value-invalid: "inputs.limit.type" is "duratoin", not one of string, integer, boolean, duration, size, file, enum, secret | Did you mean "duration"?',
  ],
  [
    'enum no values',
    '      values: [fast, safe]\n',
    '',
    '18:5 error key-missing: "inputs.mode" has no "values" | Add "values": a list.',
  ],
  [
    'schedule no type',
    '    type: cron\n',
    '',
    '24:3 error key-missing: "schedule" has no "type" | Add it: cron, working-day, weekday, calendar-day, shift.',
  ],
  [
    'schedule bad type',
    '    type: cron\n',
    '    type: corn\n',
    '25:11 error value-invalid: "schedule.type" is "corn", not one of cron, working-day, weekday, calendar-day, shift | Did you mean "cron"?',
  ],
  [
    'schedule no expr',
    '    expression: "30 2 * * *"\n',
    '',
    '24:3 error key-missing: "schedule" has no "expression" | Add "expression": text.',
  ],
  [
    'bad cron',
    '"30 2 * * *"',
    '"30 25 * * *"',
    '26:17 error schedule-invalid: "schedule.expression" is "30 25 * * *", not a cron expression that ever comes | Write minute hour day month weekday, such as "30 2 * * *".',
  ],
  [
    'bad cron 3 fields',
    '"30 2 * * *"',
    '"30 2 *"',
    '26:17 error schedule-invalid: "schedule.expression" is "30 2 *", not a cron expression that ever comes | Write minute hour day month weekday, such as "30 2 * * *".',
  ],
  [
    'bad tz',
    'Asia/Shanghai',
    'Asia/Peking',
    '27:15 error schedule-invalid: "schedule.timeZone" is "Asia/Peking", not a time zone | Write a name such as Asia/Shanghai.',
  ],
  [
    'verify no uses',
    '        uses: exec\n        with:\n          argv: [systemctl, is-active, oa]\n        success',
    '        with:\n          argv: [systemctl, is-active, oa]\n        success',
    '48:7 error key-missing: "steps[1].verify" has no "uses" | Add "uses": text.',
  ],
  [
    'undo null',
    / {6}undo:\n {8}uses: exec\n.*\n.*\n/,
    '      undo:\n',
    '53:7 error value-type: "steps[1].undo" must be a mapping, not empty',
  ],
  [
    'unknown top',
    'spec:\n',
    'specs: 1\nspec:\n',
    '11:1 error key-unknown: unknown key "specs" in the runbook | Did you mean "spec"?',
  ],
  [
    'unknown metadata',
    '  owner: platform\n',
    '  owner: platform\n  onwer: x\n',
    '9:3 error key-unknown: unknown key "onwer" in "metadata" | Did you mean "owner"?',
  ],
  [
    'typo metadata',
    '  owner: platform\n',
    '  onwer: platform\n',
    '8:3 error key-unknown: unknown key "onwer" in "metadata" | Did you mean "owner"?',
  ],
  [
    'unknown spec',
    '  maxParallelSteps: 2\n',
    '  maxParalelSteps: 2\n',
    '23:3 error key-unknown: unknown key "maxParalelSteps" in "spec" | Did you mean "maxParallelSteps"?',
  ],
  [
    'unknown step key',
    '      timeout: 2m\n',
    '      timeuot: 2m\n',
    '42:7 error key-unknown: unknown key "timeuot" in "steps[1]" | Did you mean "timeout"?',
  ],
  [
    'unknown retry key',
    'attempts: 3',
    'attemps: 3',
    '43:15 error key-unknown: unknown key "attemps" in "steps[1].retry" | Did you mean "attempts"?',
  ],
  [
    'unknown become key',
    'user: root',
    'usr: root',
    '46:9 error key-unknown: unknown key "usr" in "steps[1].become" | Did you mean "user"?',
  ],
  [
    'unknown input key',
    'max: 30m',
    'maxx: 30m',
    '14:42 error key-unknown: unknown key "maxx" in "inputs.limit" | Did you mean "max"?',
  ],
  [
    'unknown with key',
    '        argv: [systemctl, restart, oa]\n',
    '        argv: [systemctl, restart, oa]\n        cwdd: /x\n',
    '39:9 error key-unknown: unknown key "cwdd" in "steps[1].with" | Did you mean "cwd"?',
  ],
  [
    'typo argv',
    '        argv: [systemctl, restart, oa]\n',
    '        args: [systemctl, restart, oa]\n',
    '38:9 error key-unknown: unknown key "args" in "steps[1].with" | Did you mean "argv"?',
  ],
  [
    'unknown schedule key',
    'timeZone',
    'timezone',
    '27:5 error key-renamed: "timezone" is not a key of "schedule" | Write "timeZone" instead.',
  ],
  [
    'unknown schedule key 2',
    'timeZone',
    'timeZon',
    '27:5 error key-unknown: unknown key "timeZon" in "schedule" | Did you mean "timeZone"?',
  ],
  [
    'unknown verify key',
    '        success: result.exitCode == 0',
    '        sucess: result.exitCode == 0',
    '52:9 error key-unknown: unknown key "sucess" in "steps[1].verify" | Did you mean "success"?',
  ],
  [
    'unknown undo key',
    'argv: [systemctl, stop, oa]\n',
    'argv: [systemctl, stop, oa]\n        mod: ask\n',
    '57:9 error key-unknown: unknown key "mod" in "steps[1].undo" | Did you mean "mode"?',
  ],
  [
    'title typo lang',
    'zh-CN: 重启 OA 服务',
    'zh: 重启 OA 服务',
    '6:39 error key-unknown: unknown key "zh" in "metadata.title" | Did you mean "zh-CN"?',
  ],
  [
    'title fr',
    'title: {en: Restart the OA service, zh-CN: 重启 OA 服务}',
    'title: {zh-CN: 重启}',
    '6:3 error key-missing: "metadata.title" has no "en" | Add "en": text.',
  ],
  [
    'title number',
    /title: .*/,
    'title: 12',
    '6:10 error value-type: "metadata.title" must be text or a mapping, but YAML reads 12 as a number | Put it in quotes: "12".',
  ],
  [
    'version number',
    'version: 1.0.0',
    'version: 1.0',
    '5:12 error version-semver: "metadata.version" must be text, but YAML reads 1.0 as a number | Write three numbers, such as 1.4.0.',
  ],
  [
    'version v',
    'version: 1.0.0',
    'version: v1.0.0',
    '5:12 error version-semver: "metadata.version" is "v1.0.0", not a semantic version | Write three numbers, such as 1.4.0.',
  ],
  [
    'version list',
    'version: 1.0.0',
    'version: [1]',
    '5:3 error version-semver: "metadata.version" must be text, not a list',
  ],
  [
    'name caps',
    'name: restart-oa',
    'name: Restart_OA',
    '4:9 error value-invalid: "metadata.name" is "Restart_OA", not a name | Use lower-case letters, digits and single hyphens, such as backup-daily.',
  ],
  [
    'name long',
    'name: restart-oa',
    'name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '4:9 error value-invalid: "metadata.name" must have at most 63 characters',
  ],
  [
    'owner number',
    'owner: platform',
    'owner: 12',
    '8:10 error value-type: "metadata.owner" must be text, but YAML reads 12 as a number | Put it in quotes: "12".',
  ],
  ['owner empty', 'owner: platform', 'owner: ""', '8:10 error value-invalid: "metadata.owner" must not be empty'],
  [
    'procedures text',
    '[EM-04]',
    'EM-04',
    '9:15 error value-type: "metadata.procedures" must be a list, not text | Write it as a list: [a, b].',
  ],
  [
    'procedures bad',
    '[EM-04]',
    '[EM4]',
    '9:16 error value-invalid: "metadata.procedures[0]" is "EM4", not a procedure ID | Write two letters and two digits, such as BK-02.',
  ],
  [
    'procedure unknown, near one',
    '[EM-04]',
    '[BK-20]',
    '9:16 error procedure-unknown: there is no procedure BK-20 | Did you mean "BK-02"?',
  ],
  [
    'procedure unknown, near none',
    '[EM-04]',
    '[EM-04, ZZ-99]',
    '9:23 error procedure-unknown: there is no procedure ZZ-99 | See docs/procedures.md for all of them.',
  ],
  [
    'labels number',
    '{team: oa}',
    '{team: 1}',
    '10:18 error value-type: "metadata.labels.team" must be text, but YAML reads 1 as a number | Put it in quotes: "1".',
  ],
  [
    'apiVersion v9',
    'oaops/v1',
    'oaops/v9',
    '1:13 error api-version: "apiVersion" is "oaops/v9", not oaops/v1 | Did you mean "oaops/v1"?',
  ],
  [
    'kind typo',
    'kind: Procedure',
    'kind: Procedur',
    '2:7 error kind-unknown: there is no kind "Procedur" | Did you mean "Procedure"?',
  ],
  [
    'kind num',
    'kind: Procedure',
    'kind: 1',
    '2:7 error kind-unknown: "kind" must be text, but YAML reads 1 as a number | Put it in quotes: "1".',
  ],
  [
    'kind case',
    'kind: Procedure',
    'kind: procedure',
    '2:7 error kind-unknown: there is no kind "procedure" | Did you mean "Procedure"?',
  ],
  [
    'inputs list',
    / {2}inputs:[\s\S]*?(?= {2}inventory)/,
    '  inputs: [a]\n',
    '12:3 error value-type: "inputs" must be a mapping, not a list',
  ],
  [
    'maxParallel text',
    'maxParallelSteps: 2',
    'maxParallelSteps: two',
    '23:21 error value-type: "maxParallelSteps" must be a whole number, not text',
  ],
  [
    'maxParallel quoted',
    'maxParallelSteps: 2',
    'maxParallelSteps: "2"',
    '23:21 error value-type: "maxParallelSteps" must be a whole number, not text | Remove the quotes.',
  ],
  [
    'maxParallel 0',
    'maxParallelSteps: 2',
    'maxParallelSteps: 0',
    '23:21 error value-invalid: "maxParallelSteps" must be at least 1',
  ],
  [
    'maxParallel 1.5',
    'maxParallelSteps: 2',
    'maxParallelSteps: 1.5',
    '23:21 error value-type: "maxParallelSteps" must be a whole number, not a number',
  ],
  [
    'bad duration',
    'timeout: 2m',
    'timeout: 2min',
    '42:16 error value-invalid: "steps[1].timeout" is "2min", not a duration | Write a number and a unit, such as 30s, 20m, 72h, 30d or 1h30m.',
  ],
  [
    'duration num',
    'timeout: 2m',
    'timeout: 120',
    '42:16 error value-type: "steps[1].timeout" must be text, but YAML reads 120 as a number | Write a number and a unit, such as 30s, 20m, 72h, 30d or 1h30m.',
  ],
  [
    'duration zero',
    'timeout: 2m',
    'timeout: 0s',
    '42:16 error value-invalid: "steps[1].timeout": a time of zero ends every attempt at once',
  ],
  [
    'duration neg',
    'timeout: 2m',
    'timeout: -5s',
    '42:16 error value-invalid: "steps[1].timeout" is "-5s", not a duration | Write a number and a unit, such as 30s, 20m, 72h, 30d or 1h30m.',
  ],
  [
    'duration huge',
    'timeout: 2m',
    'timeout: 99999999999999999999d',
    '42:16 error value-invalid: "steps[1].timeout": the duration is too long',
  ],
  [
    'default duration bad',
    'default: 5m',
    'default: five',
    '14:38 error input-default: the default must be a duration, not "five" | Write a number and a unit, such as 30s, 20m, 72h or 30d.',
  ],
  [
    'default duration over',
    'default: 5m',
    'default: 50m',
    '14:38 error input-default: the default must be at most 30 min 00 s, not 50 min 00 s',
  ],
  [
    'default size bad',
    'default: 64MiB',
    'default: 64Mib',
    '17:16 error input-default: the default must be a size, not "64Mib" | Write a number and a unit, such as 512B, 64MiB or 1.5GB.',
  ],
  [
    'default enum bad',
    'default: fast',
    'default: fsat',
    '21:16 error input-default: the default is "fsat", not one of fast, safe | Did you mean "fast"?',
  ],
  [
    'min>max',
    'default: 5m, max: 30m',
    'default: 5m, max: 30m, min: 50m',
    '14:57 error value-invalid: "min" of the input "limit" is above its "max"',
  ],
  [
    'min>max nodefault',
    'default: 5m, max: 30m',
    'max: 30m, min: 50m',
    '14:44 error value-invalid: "min" of the input "limit" is above its "max"',
  ],
  [
    'bad pattern',
    '"[A-Z].*"',
    '"[A-Z"',
    '13:61 error value-invalid: "inputs.reason.pattern" is "[A-Z", not a regular expression',
  ],
  [
    'required yes',
    'required: true',
    'required: yes',
    '13:38 error value-type: "inputs.reason.required" must be true or false, and YAML 1.2 reads yes as text | Write true.',
  ],
  [
    'required and default',
    'required: true',
    'required: true, default: Abc',
    '13:38 error input-default: an input with a default is never missing | Remove "required" or "default".',
  ],
  [
    'enum number',
    '[fast, safe]',
    '[fast, 1]',
    '20:22 error value-type: "inputs.mode.values[1]" must be text, but YAML reads 1 as a number | Put it in quotes: "1".',
  ],
  [
    'bad id',
    'id: loop',
    'id: 1loop',
    '65:11 error value-invalid: "steps[3].id" is "1loop", not a step id | Use letters, digits, _ and -, starting with a letter, such as copy-files.',
  ],
  [
    'id number',
    'id: loop',
    'id: 1',
    '65:11 error value-type: "steps[3].id" must be text, but YAML reads 1 as a number | Use letters, digits, _ and -, starting with a letter, such as copy-files.',
  ],
  [
    'needs unknown',
    'needs: [restart]',
    'needs: [restrat]',
    '59:15 error step-unknown: there is no step "restrat" | Did you mean "restart"?',
  ],
  [
    'needs forward',
    'needs: [restart]',
    'needs: [loop]',
    '59:7 error step-cycle: steps need each other in a circle: check -> loop -> check; a step without "needs" needs the one written before it | Remove one of these "needs".',
  ],
  [
    'needs self',
    'needs: [restart]',
    'needs: [check]',
    '59:7 error step-cycle: steps need each other in a circle: check -> check | Remove one of these "needs".',
  ],
  [
    'needs text unknown',
    'needs: [restart]',
    'needs: zzz',
    '59:14 error step-unknown: there is no step "zzz" | Steps here: ask, restart, check, loop, report.',
  ],
  [
    'needs num',
    'needs: [restart]',
    'needs: [1]',
    '59:15 error value-type: "steps[2].needs[0]" must be text, but YAML reads 1 as a number | Use letters, digits, _ and -, starting with a letter, such as copy-files.',
  ],
  [
    'needs handler',
    'needs: [restart]',
    'needs: [report]',
    '59:15 error step-handler: "report" only starts when another step fails, so "check" would never start | Need the step before it instead.',
  ],
  [
    'onFailure unknown',
    'onFailure: step:report',
    'onFailure: step:repotr',
    '47:18 error step-unknown: there is no step "repotr" | Did you mean "report"?',
  ],
  [
    'onFailure back',
    'onFailure: step:report',
    'onFailure: step:ask',
    '47:18 error step-order: "onFailure" goes back to "ask", which stands before this step | Name a later step; to try again use "retry".',
  ],
  [
    'onFailure typo',
    'onFailure: step:report',
    'onFailure: contine',
    '47:18 error value-invalid: "steps[1].onFailure" is "contine", not one of stop, continue, undo, step:<id of a later step>',
  ],
  [
    'onFailure nostep',
    'onFailure: step:report',
    'onFailure: report',
    '47:18 error value-invalid: "steps[1].onFailure" is "report", not one of stop, continue, undo, step:<id of a later step>',
  ],
  [
    'unknown input',
    'inputs.mode == "fast"',
    'inputs.mod == "fast"',
    '36:11 error input-undefined: there is no input "mod" | Did you mean "mode"?',
  ],
  [
    'unknown output',
    'outputs.state }}',
    'outputs.stat }}',
    '69:50 error output-undefined: the step "check" has no output "stat" | Did you mean "state"?',
  ],
  [
    'unknown step ref',
    'steps.check.outputs',
    'steps.chek.outputs',
    '69:50 error step-unknown: there is no step "chek" | Did you mean "check"?',
  ],
  [
    'forward step ref',
    'inputs.mode == "fast"',
    'inputs.mode == "fast" && steps.loop.status == "ok"',
    '36:36 error step-order: "loop" only starts after "restart" has ended | Move "loop" above "restart", or read an earlier step.',
  ],
  [
    'own ref',
    'inputs.mode == "fast"',
    'inputs.mode == "fast" && steps.restart.status == "ok"',
    '36:36 error step-order: a step cannot read its own outputs before it ran | Read "result" in "success" and "outputs".',
  ],
  [
    'step field',
    'steps.check.outputs.state',
    'steps.check.output.state',
    '69:50 error expression-name: a step has status, message, outputs, units, no "output" | Write steps.check.outputs.output and declare it below "outputs" of "check".',
  ],
  [
    '${{ in if',
    'if: inputs.mode == "fast"',
    'if: ${{ inputs.mode == "fast" }}',
    '36:11 error expression-in-string: "if" is an expression already | Write it bare, without ${{ }}.',
  ],
  [
    '${{ in text',
    '[systemctl, restart, oa]',
    '[systemctl, restart, "oa-${{ inputs.mode }}"]',
    '38:40 error expression-in-string: ${{ }} must be the whole value, not part of a text | Make the whole text in the expression: ${{ "text " + inputs.name }}.',
  ],
  [
    '${{ unclosed',
    '"Restart now? Reason - " + inputs.reason }}',
    '"Restart now? Reason - " + inputs.reason }',
    '32:18 error expression-in-string: an expression is opened with ${{ and never closed | Close it with }}.',
  ],
  [
    '${{ in timeout',
    'timeout: 2m',
    'timeout: ${{ inputs.limit }}',
    '42:16 error value-invalid: "steps[1].timeout" is "${{ inputs.limit }}", not a duration | Write a number and a unit, such as 30s, 20m, 72h, 30d or 1h30m.',
  ],
  [
    '${{ in title',
    'owner: platform',
    'owner: ${{ inputs.limit }}',
    '8:10 error expression-in-string: "owner" is taken as it stands: an expression is not possible here | Expressions stand in values below "with", and bare in "if", "forEach", "success" and "outputs".',
  ],
  [
    'cel syntax',
    'inputs.mode == "fast"',
    'inputs.mode == ',
    '36:25 error expression-syntax: the expression ends too early',
  ],
  [
    'cel =',
    'inputs.mode == "fast"',
    'inputs.mode = "fast"',
    '36:23 error expression-syntax: unexpected character: = | Write == to compare.',
  ],
  [
    'cel and',
    'inputs.mode == "fast"',
    'inputs.mode == "fast" and true',
    "36:33 error expression-syntax: unexpected character: 'd' | Write && for and, || for or, ! for not.",
  ],
  [
    'cel type',
    'inputs.mode == "fast"',
    '"a" - 1 == inputs.mode',
    '36:15 error yaml-syntax: this does not belong here | Check indentation and quotes of this line and the one above.',
  ],
  [
    'cel const num',
    'success: result.exitCode == 0',
    'success: 5',
    '52:18 error value-type: "steps[1].verify.success" must be text, but YAML reads 5 as a number | Put it in quotes: "5".',
  ],
  [
    'cel unknown var',
    'inputs.mode == "fast"',
    'mode == inputs.mode',
    '36:11 error expression-name: unknown name "mode" | Known here: inputs, steps, item, target, run, result, batch; a text stands in quotes.',
  ],
  [
    'cel unknown func',
    'inputs.mode == "fast"',
    'upper(inputs.mode) == "FAST"',
    "36:11 error expression-type: found no matching overload for 'upper(dyn)'",
  ],
  [
    'cel unquoted',
    'inputs.mode == "fast"',
    'inputs.mode == fast',
    '36:26 error expression-name: unknown name "fast" | Known here: inputs, steps, item, target, run, result, batch; a text stands in quotes.',
  ],
  [
    'item outside',
    'inputs.mode == "fast"',
    'inputs.mode == item',
    '36:26 error expression-name: "item" is known only in a step with "forEach" | Add "forEach", or read an input.',
  ],
  [
    'result in with',
    "'${{ inputs.cap }}'",
    "'${{ inputs.cap }}', '${{ result.x }}'",
    '69:107 error expression-name: "result" is known only after the action: in "outputs", "success", "undo" and "verify" | Give it a name below "outputs" of its step, and read steps.<id>.outputs.<name>.',
  ],
  [
    'result field',
    'state: result.stdout',
    'state: result.stdot',
    '63:16 error step-result: the result of "exec" has no "stdot" | Did you mean "stdout"?',
  ],
  [
    'target field',
    'inputs.mode == "fast"',
    'inputs.mode == target.nme',
    '36:26 error expression-name: "target" has no "nme" | Did you mean "name"?',
  ],
  [
    'action unknown',
    'uses: manual.confirm',
    'uses: manual.confrim',
    '30:13 error action-unknown: there is no action "manual.confrim" | Did you mean "manual.confirm"?',
  ],
  [
    'action unknown far',
    'uses: manual.confirm',
    'uses: shellscript',
    '30:13 error action-unknown: there is no action "shellscript" | Known actions: exec, ssh.exec, ssh.upload, http.request, file.write, file.hash, notify, manual.confirm, manual.input, approval, wait, assert, backup.create, backup.verify, backup.prune, backup.restore, backup.load, drill.restore, drill.judge, patch.require, patch.record, patch.feedback, patch.check, patch.refresh, inspect.collect, inspect.sign, inspect.judge, account.audit, account.prepare, account.policy, account.sign, account.recheck, account.change, account.delete, account.restore, account.open, account.close, account.tell, account.conclude.',
  ],
  [
    'action num',
    'uses: manual.confirm',
    'uses: 5',
    '30:13 error value-type: "steps[0].uses" must be text, but YAML reads 5 as a number | Put it in quotes: "5".',
  ],
  [
    'argv text',
    'argv: [systemctl, restart, oa]',
    'argv: systemctl restart oa',
    '38:15 error value-type: "steps[1].with.argv" must be a list, not text | Write it as a list: [a, b].',
  ],
  [
    'argv num',
    'argv: [systemctl, restart, oa]',
    'argv: [sleep, 5]',
    '38:23 error value-type: "steps[1].with.argv[1]" must be text, but YAML reads 5 as a number | Put it in quotes: "5".',
  ],
  [
    'argv empty',
    'argv: [systemctl, restart, oa]',
    'argv: []',
    '38:9 error value-invalid: "steps[1].with.argv" must not be empty',
  ],
  [
    'env num',
    'LIMIT: ${{ inputs.limit }}',
    'LIMIT: 5\n          L: ${{ inputs.limit }}',
    '40:18 error value-type: "steps[1].with.env.LIMIT" must be text or a mapping, but YAML reads 5 as a number | Put it in quotes: "5".',
  ],
  [
    'env secret typo',
    'LIMIT: ${{ inputs.limit }}',
    'L: ${{ inputs.limit }}\n          P: {secert: env:X}',
    '41:15 error key-unknown: unknown key "secert" in "steps[1].with.env.P" | Did you mean "secret"?',
  ],
  [
    'env secret bad',
    'LIMIT: ${{ inputs.limit }}',
    'L: ${{ inputs.limit }}\n          P: {secret: hunter2}',
    '41:23 error value-invalid: "steps[1].with.env.P.secret" is "hunter2", not a reference to a secret | Write env:NAME, file:/path, cred:NAME or prompt:.',
  ],
  [
    'env secret prompt',
    'LIMIT: ${{ inputs.limit }}',
    "L: ${{ inputs.limit }}\n          P: {secret: 'prompt:'}",
    '41:23 error secret-prompt-waits: a prompted secret in a run that can wait (step "ask") | Name it by env:, file: or cred:, which are read again when the run goes on.',
  ],
  [
    'exitCodes text',
    '        argv: [systemctl, restart, oa]\n',
    '        argv: [systemctl, restart, oa]\n        exitCodes: ["0"]\n',
    '39:21 error value-type: "steps[1].with.exitCodes[0]" must be a whole number, not text | Remove the quotes.',
  ],
  [
    'shell text',
    '        argv: [systemctl, restart, oa]\n',
    '        argv: [systemctl, restart, oa]\n        shell: "true"\n',
    '39:16 error value-type: "steps[1].with.shell" must be true or false, not text',
  ],
  [
    'targets on manual',
    'uses: manual.confirm',
    'uses: approval\n      targets: all',
    '31:7 warning targets-ignored: "approval" runs once, on the local machine; "targets" has no effect | Remove "targets".',
  ],
  ['retry 0', 'attempts: 3', 'attempts: 0', '43:25 error value-invalid: "steps[1].retry.attempts" must be at least 1'],
  [
    'retry number',
    'retry: {attempts: 3, delay: 5s}',
    'retry: 3',
    '43:14 error value-type: "steps[1].retry" must be a mapping, not a number',
  ],
  [
    'retry backoff',
    'delay: 5s',
    'backoff: linear',
    '43:37 error value-invalid: "steps[1].retry.backoff" is "linear", not one of fixed, exponential',
  ],
  [
    'become yes',
    /become:\n.*\n.*\n/,
    'become: yes\n',
    '44:15 error value-type: "steps[1].become" must be true or a mapping, and YAML 1.2 reads yes as text | Write true.',
  ],
  [
    'become method',
    'method: sudo',
    'method: sudoo',
    '45:17 error value-invalid: "steps[1].become.method" is "sudoo", not one of sudo, doas, su | Did you mean "sudo"?',
  ],
  [
    'unused input',
    "'${{ inputs.cap }}'",
    'x',
    '15:5 warning input-unused: the input "cap" is never read | Read it with ${{ inputs.cap }}, or remove it.',
  ],
  [
    'dup key',
    '      timeout: 2m\n',
    '      timeout: 2m\n      timeout: 3m\n',
    '43:7 error yaml-duplicate-key: the key "timeout" stands here for the second time | Remove one of the two, or merge their values.',
  ],
  [
    'tab',
    '      timeout: 2m\n',
    '\t timeout: 2m\n',
    '42:1 error yaml-tab: a tab is used for indentation | Indent with spaces, two per level.',
  ],
  [
    'tab mid',
    '      timeout: 2m\n',
    '      \ttimeout: 2m\n',
    '42:7 error yaml-tab: a tab is used for indentation | Indent with spaces, two per level.',
  ],
  [
    'bad indent',
    '      timeout: 2m\n',
    '     timeout: 2m\n',
    '42:6 error yaml-syntax: the indentation fits no line above | Indent each level by two spaces; a bracket or brace must be closed.',
  ],
  [
    'bad indent 2',
    '      timeout: 2m\n',
    '        timeout: 2m\n',
    '42:9 error yaml-syntax: the indentation fits no line above | Indent each level by two spaces; a bracket or brace must be closed.',
  ],
  [
    'missing colon',
    '      timeout: 2m\n',
    '      timeout 2m\n',
    '42:7 error yaml-syntax: a line that is neither "key: value" nor a list item | Add the missing colon, or quote a text of several lines.',
  ],
  [
    'no space colon',
    '      timeout: 2m\n',
    '      timeout:2m\n',
    '42:7 error yaml-syntax: a line that is neither "key: value" nor a list item | Add the missing colon, or quote a text of several lines.',
  ],
  [
    'unclosed quote',
    'owner: platform',
    'owner: "platform',
    '8:10 error yaml-syntax: a text that is opened with " is never closed | Add the closing quote.',
  ],
  ['unclosed bracket', '[EM-04]', '[EM-04', '9:15 error yaml-syntax: a ] is missing | Close the list with ].'],
  [
    'unclosed brace',
    'labels: {team: oa}',
    'labels: {team: oa',
    '10:11 error yaml-syntax: a } is missing | Close the mapping with }.',
  ],
  [
    'alias unknown',
    'owner: platform',
    'owner: *own',
    '8:10 error yaml-alias: no anchor &own stands before this alias | Define the anchor above its first use; a text that starts with * must be quoted.',
  ],
  [
    'tag',
    'owner: platform',
    'owner: !!str platform',
    '8:10 error yaml-tag: the tag !!str is not allowed | Remove the tag: runbooks hold plain text, numbers, true, false, lists and mappings.',
  ],
  [
    'tag js',
    'owner: platform',
    'owner: !!js/function "x"',
    '8:10 error yaml-tag: the tag !!js/function is not allowed | Remove the tag: runbooks hold plain text, numbers, true, false, lists and mappings.',
  ],
  [
    'tag bin',
    'owner: platform',
    'owner: !!binary aGVsbG8=',
    '8:10 error yaml-tag: the tag !!binary is not allowed | Remove the tag: runbooks hold plain text, numbers, true, false, lists and mappings.',
  ],
  [
    'merge',
    '      become:\n',
    '      <<: {timeout: 3m}\n      become:\n',
    '44:7 error yaml-merge-key: merge keys (<<) are not part of YAML 1.2 | Write the keys out, or use an alias for a whole value.',
  ],
  [
    'proto',
    'labels: {team: oa}',
    'labels: {__proto__: oa}',
    '10:12 error yaml-key: the key "__proto__" is not allowed | Give it another name.',
  ],
  [
    'constructor key',
    '  owner: platform\n',
    '  owner: platform\n  constructor: x\n',
    '9:3 error key-unknown: unknown key "constructor" in "metadata" | Known keys here: name, version, title, description, owner, procedures, labels.',
  ],
  [
    'hasOwnProperty step',
    'inputs.mode == "fast"',
    'inputs.mode == "fast" && steps.constructor.status == "a"',
    '36:36 error step-unknown: there is no step "constructor" | Steps here: ask, restart, check, loop, report.',
  ],
  [
    'uses constructor',
    'uses: manual.confirm',
    'uses: constructor',
    '30:13 error action-unknown: there is no action "constructor" | Known actions: exec, ssh.exec, ssh.upload, http.request, file.write, file.hash, notify, manual.confirm, manual.input, approval, wait, assert, backup.create, backup.verify, backup.prune, backup.restore, backup.load, drill.restore, drill.judge, patch.require, patch.record, patch.feedback, patch.check, patch.refresh, inspect.collect, inspect.sign, inspect.judge, account.audit, account.prepare, account.policy, account.sign, account.recheck, account.change, account.delete, account.restore, account.open, account.close, account.tell, account.conclude.',
  ],
  [
    'key list',
    'labels: {team: oa}',
    'labels: {[a]: oa}',
    '10:12 error yaml-key: a mapping or a list is used as a key | Use a plain word as the key.',
  ],
  [
    'key empty',
    'labels: {team: oa}',
    'labels: {"": oa}',
    '10:12 error yaml-key: a key is empty | Give the value a key.',
  ],
  [
    'docs',
    /$/,
    '---\na: 1\n',
    '74:1 error yaml-multi-document: the file holds more than one YAML document | Keep one runbook per file: move what follows "---" to a file of its own.',
  ],
  [
    'docs empty',
    /$/,
    '---\n',
    '74:1 error yaml-multi-document: the file holds more than one YAML document | Keep one runbook per file: move what follows "---" to a file of its own.',
  ],
  [
    'big number',
    'maxParallelSteps: 2',
    'maxParallelSteps: 99999999999999999999',
    '23:21 error yaml-number: 99999999999999999999 is not a number that can be kept exactly | If it is meant as text, quote it: "99999999999999999999".',
  ],
  [
    'nan',
    'maxParallelSteps: 2',
    'maxParallelSteps: .nan',
    '23:21 error yaml-number: .nan is not a number that can be kept exactly | If it is meant as text, quote it: ".nan".',
  ],
  [
    'percent',
    'owner: platform',
    'owner: %platform',
    '8:10 error yaml-syntax: a plain text cannot start with % | Put the text in quotes.',
  ],
  [
    'at',
    'owner: platform',
    'owner: @platform',
    '8:10 error yaml-syntax: a plain text cannot start with @ | Put the text in quotes.',
  ],
  [
    'backtick',
    'owner: platform',
    'owner: `platform`',
    '8:10 error yaml-syntax: a plain text cannot start with ` | Put the text in quotes.',
  ],
  [
    'colon value',
    'description: Restarts it.',
    'description: Restarts it: now',
    '7:16 error yaml-syntax: a second "key: value" in one line, or a line indented too little or too much | Quote a value that contains ": ", and align keys and list items of one level.',
  ],
  [
    'sneaky secret',
    '{type: string, required: true, min: 3, pattern: "[A-Z].*"}',
    '{type: secret, default: hunter2}',
    '13:37 error value-invalid: "inputs.reason.default" is "hunter2", not a reference to a secret | Write env:NAME, file:/path, cred:NAME or prompt:.',
  ],
  [
    'string default number',
    'required: true, min: 3, pattern',
    'default: 123, pattern',
    '13:37 error value-type: "inputs.reason.default" must be text, but YAML reads 123 as a number | Put it in quotes: "123".',
  ],
  [
    'inventory num',
    'inventory: hosts.yaml',
    'inventory: 3',
    '22:14 error value-type: "inventory" must be text, but YAML reads 3 as a number | Put it in quotes: "3".',
  ],
  [
    'forEach map',
    'forEach: [1, 2]',
    'forEach: {a: 1}',
    '67:7 error value-type: "steps[3].forEach" must be text or a list, not a mapping',
  ],
  ['forEach empty', 'forEach: [1, 2]', 'forEach: []', '67:7 error value-invalid: "steps[3].forEach" must not be empty'],
  [
    'forEach cel bad',
    'forEach: [1, 2]',
    'forEach: inputs.lits',
    '67:16 error input-undefined: there is no input "lits" | Declare it below "spec.inputs".',
  ],
  [
    'parallel neg',
    'forEach: [1, 2]\n',
    'forEach: [1, 2]\n      parallel: -1\n',
    '68:17 error value-invalid: "steps[3].parallel" must be at least 1',
  ],
  [
    'output num',
    'state: result.stdout',
    'state: 5',
    '63:16 error value-type: "steps[2].outputs.state" must be text, but YAML reads 5 as a number | Put it in quotes: "5".',
  ],
  [
    'idempotent text',
    'forEach: [1, 2]\n',
    'forEach: [1, 2]\n      idempotent: maybe\n',
    '68:19 error value-type: "steps[3].idempotent" must be true or false, not text',
  ],
  [
    'run key',
    '      uses: exec\n      forEach',
    '      run: ls\n      forEach',
    '66:7 error key-renamed: "run" is not a key of "steps[3]" | Write "uses: exec" with "argv" below "with"; a script needs "shell: true" there.',
  ],
  [
    'when key',
    '      timeout: 2m\n',
    '      when: x\n',
    '42:7 error key-renamed: "when" is not a key of "steps[1]" | Write "if" instead.',
  ],
  [
    'timeout-minutes',
    '      timeout: 2m\n',
    '      timeout-minutes: 2\n',
    '42:7 error key-renamed: "timeout-minutes" is not a key of "steps[1]" | Write "timeout" with a unit, such as 20m.',
  ],
  [
    'targets tmpl',
    'targets: [web1]',
    "targets: ['${{ inputs.mode }}']",
    '41:17 error expression-in-string: "targets" is taken as it stands: an expression is not possible here | Expressions stand in values below "with", and bare in "if", "forEach", "success" and "outputs".',
  ],
  [
    'name tmpl',
    'name: {en: Restart, zh-CN: 重启服务}',
    'name: Restart ${{ inputs.mode }}',
    '34:13 error expression-in-string: "name" is taken as it stands: an expression is not possible here | Expressions stand in values below "with", and bare in "if", "forEach", "success" and "outputs".',
  ],
  [
    'become tmpl',
    'user: root',
    "user: '${{ inputs.mode }}'",
    '46:15 error expression-in-string: "user" is taken as it stands: an expression is not possible here | Expressions stand in values below "with", and bare in "if", "forEach", "success" and "outputs".',
  ],
  [
    'default tmpl',
    'default: 64MiB',
    "default: '${{ inputs.limit }}'",
    '17:16 error expression-in-string: "default" is taken as it stands: an expression is not possible here | Expressions stand in values below "with", and bare in "if", "forEach", "success" and "outputs".',
  ],
  [
    'inventory tmpl',
    'inventory: hosts.yaml',
    "inventory: '${{ inputs.limit }}'",
    '22:14 error expression-in-string: "inventory" is taken as it stands: an expression is not possible here | Expressions stand in values below "with", and bare in "if", "forEach", "success" and "outputs".',
  ],
  [
    'uses tmpl',
    'uses: manual.confirm',
    "uses: '${{ inputs.limit }}'",
    '30:13 error action-unknown: there is no action "${{ inputs.limit }}" | Known actions: exec, ssh.exec, ssh.upload, http.request, file.write, file.hash, notify, manual.confirm, manual.input, approval, wait, assert, backup.create, backup.verify, backup.prune, backup.restore, backup.load, drill.restore, drill.judge, patch.require, patch.record, patch.feedback, patch.check, patch.refresh, inspect.collect, inspect.sign, inspect.judge, account.audit, account.prepare, account.policy, account.sign, account.recheck, account.change, account.delete, account.restore, account.open, account.close, account.tell, account.conclude.',
  ],
  [
    'if str',
    'if: inputs.mode == "fast"',
    'if: \'"yes" + "x" + inputs.mode\'',
    '36:11 error expression-type: "if" must give true or false, and this gives text | Compare it with something: ==, !=, <, >.',
  ],
  [
    'if str2',
    'if: inputs.mode == "fast"',
    "if: 'size(inputs.mode)'",
    '36:11 error expression-type: "if" must give true or false, and this gives a number | Compare it with something: ==, !=, <, >.',
  ],
  [
    'if int',
    'inputs.mode == "fast"',
    'size(inputs.mode) + 1',
    '36:11 error expression-type: "if" must give true or false, and this gives a number | Compare it with something: ==, !=, <, >.',
  ],
  [
    'success str',
    'success: result.exitCode in [0, 3]',
    'success: \'"a" + "b"\'',
    '64:16 error expression-type: "success" must give true or false, and this gives text | Compare it with something: ==, !=, <, >.',
  ],
  [
    'anchor use',
    'retry: {attempts: 3, delay: 5s}',
    'retry: &r {attempts: 3, dely: 5s}',
    '43:31 error key-unknown: unknown key "dely" in "steps[1].retry" | Did you mean "delay"?',
  ],
  [
    'alias dup err',
    'needs: [restart]\n',
    'needs: [restart]\n      retry: *rr\n',
    '60:14 error yaml-alias: no anchor &rr stands before this alias | Define the anchor above its first use; a text that starts with * must be quoted.',
  ],
  [
    'hyphen step',
    'steps.check.outputs',
    'steps.chec-k.outputs',
    '69:61 error expression-name: unknown name "k" | Write a step id with a hyphen in brackets: steps["chec-k"].',
  ],
  [
    'run key',
    '      uses: exec\n      forEach',
    '      run: ls\n      forEach',
    '66:7 error key-renamed: "run" is not a key of "steps[3]" | Write "uses: exec" with "argv" below "with"; a script needs "shell: true" there.',
  ],
  [
    'typo uses',
    '      uses: exec\n      forEach',
    '      use: exec\n      forEach',
    '66:7 error key-unknown: unknown key "use" in "steps[3]" | Did you mean "uses"?',
  ],
  [
    'typo spec',
    'spec:\n',
    'spce:\n',
    '11:1 error key-unknown: unknown key "spce" in the runbook | Did you mean "spec"?',
  ],
  [
    'typo metadata',
    'metadata:\n',
    'metdata:\n',
    '3:1 error key-unknown: unknown key "metdata" in the runbook | Did you mean "metadata"?',
  ],
  [
    'typo kind',
    'kind: Procedure',
    'knd: Procedure',
    '2:1 error key-unknown: unknown key "knd" in the runbook | Did you mean "kind"?',
  ],
  [
    'typo apiVersion',
    'apiVersion: oaops',
    'apiversion: oaops',
    '1:1 error key-unknown: unknown key "apiversion" in the runbook | Did you mean "apiVersion"?',
  ],
  [
    'typo steps',
    '  steps:\n',
    '  step:\n',
    '28:3 error key-unknown: unknown key "step" in "spec" | Did you mean "steps"?',
  ],
  [
    'typo inputs',
    '  inputs:\n',
    '  input:\n',
    '12:3 error key-unknown: unknown key "input" in "spec" | Did you mean "inputs"?',
  ],
  [
    'vars',
    '  inputs:\n',
    '  vars:\n',
    '12:3 error key-renamed: "vars" is not a key of "spec" | Write "inputs" instead.',
  ],
  [
    'spec indented',
    '  steps:\n',
    'steps:\n',
    '28:1 error key-renamed: "steps" is not a key of the runbook | Write it as "steps" below "spec".',
  ],
  [
    'emoji col',
    'LIMIT: ${{ inputs.limit }}',
    'LIMIT: ${{ "😀" + inputs.limt }}',
    '40:29 error input-undefined: there is no input "limt" | Did you mean "limit"?',
  ],
  [
    'folded cel',
    'if: inputs.mode == "fast"',
    'if: >-\n        inputs.mode ==\n        "fast" && inputs.mde == "x"',
    '38:19 error input-undefined: there is no input "mde" | Did you mean "mode"?',
  ],
  [
    'dq cel',
    'if: inputs.mode == "fast"',
    'if: "inputs.mode == \\"fast\\" && inputs.mde == 1"',
    '36:39 error input-undefined: there is no input "mde" | Did you mean "mode"?',
  ],
  [
    'sq cel',
    'if: inputs.mode == "fast"',
    "if: 'inputs.mode == ''fast'' && inputs.mde == 1'",
    '36:39 error input-undefined: there is no input "mde" | Did you mean "mode"?',
  ],
  [
    'cron 6',
    '"30 2 * * *"',
    '"0 30 2 * * *"',
    '26:17 error schedule-invalid: "schedule.expression" is "0 30 2 * * *", not a cron expression that ever comes | Write minute hour day month weekday, such as "30 2 * * *".',
  ],
  [
    'cron feb30',
    '"30 2 * * *"',
    '"0 0 30 2 *"',
    '26:17 error schedule-invalid: "schedule.expression" is "0 0 30 2 *", not a cron expression that ever comes | Write minute hour day month weekday, such as "30 2 * * *".',
  ],
  [
    'working-day',
    / {4}type: cron\n.*\n/,
    '    type: working-day\n    day: first-of-month\n    at: 8:30\n',
    '27:9 error value-invalid: "schedule.at" is "8:30", not a time of day | Write hours and minutes, such as 08:30.',
  ],
  [
    'nth without a number',
    / {4}type: cron\n.*\n/,
    '    type: working-day\n    day: nth-of-month\n    at: "08:30"\n',
    '26:10 error schedule-invalid: "schedule.day": "nth" and a day "nth-of-..." belong together | Write both, such as {day: nth-of-month, nth: 3}.',
  ],
  [
    'weekday that does not say what holidays do',
    / {4}type: cron\n.*\n/,
    '    type: weekday\n    days: [fri]\n    at: "16:00"\n',
    '24:3 error key-missing: "schedule" has no "ifHoliday" | Add "ifHoliday": one of run, skip, previous, next.',
  ],
  [
    'cycle3',
    'needs: [restart]',
    'needs: [loop, restart]',
    '59:7 error step-cycle: steps need each other in a circle: check -> loop -> check; a step without "needs" needs the one written before it | Remove one of these "needs".',
  ],
  [
    'version missing minor',
    'version: 1.0.0',
    'version: "1.0"',
    '5:12 error version-semver: "metadata.version" is "1.0", not a semantic version | Write three numbers, such as 1.4.0.',
  ],
  [
    'undo unknown action',
    'argv: [systemctl, stop, oa]',
    'argv: 5',
    '56:17 error value-type: "steps[1].undo.with.argv" must be a list, not a number',
  ],
  [
    'exec both',
    '        argv: [systemctl, restart, oa]\n',
    '        argv: [systemctl, restart, oa]\n        shell: yes\n',
    '39:16 error value-type: "steps[1].with.shell" must be true or false, and YAML 1.2 reads yes as text | Write true.',
  ],
  ['no kind given', 'kind: Procedure', 'kind:', '2:1 error kind-unknown: "kind" must be text, not empty'],
  [
    'spec twice',
    'spec:\n',
    'spec: {}\nspec:\n',
    '12:1 error yaml-duplicate-key: the key "spec" stands here for the second time | Remove one of the two, or merge their values.',
  ],
  [
    'inputs twice',
    '  maxParallelSteps: 2\n',
    '  inputs: {z: {type: string}}\n  maxParallelSteps: 2\n',
    '23:3 error yaml-duplicate-key: the key "inputs" stands here for the second time | Remove one of the two, or merge their values.',
  ],
  [
    'inputs before inputs',
    '  inputs:\n',
    '  inputs: {z: {type: string}}\n  inputs:\n',
    '13:3 error yaml-duplicate-key: the key "inputs" stands here for the second time | Remove one of the two, or merge their values.',
  ],
  [
    'variable twice',
    '          LIMIT:',
    '          LIMIT: x\n          LIMIT:',
    '41:11 error yaml-duplicate-key: the key "LIMIT" stands here for the second time | Remove one of the two, or merge their values.',
  ],
  [
    'outputs twice',
    '      outputs:\n',
    '      outputs: {}\n      outputs:\n',
    '63:7 error yaml-duplicate-key: the key "outputs" stands here for the second time | Remove one of the two, or merge their values.',
  ],
  [
    'outputs as list',
    'outputs:\n        state: result.stdout',
    'outputs: [state]',
    '62:7 error value-type: "steps[2].outputs" must be a mapping, not a list',
  ],
  [
    'space after step:',
    'onFailure: step:report',
    'onFailure: "step: report"',
    '47:18 error value-invalid: "steps[1].onFailure" is "step: report", not one of stop, continue, undo, step:<id of a later step>',
  ],
  [
    'needs in one text',
    'needs: [restart]',
    'needs: restart, ask',
    '59:14 error value-invalid: "steps[2].needs" is "restart, ask", not a step id | Use letters, digits, _ and -, starting with a letter, such as copy-files.',
  ],
  [
    'empty success',
    'success: result.exitCode in [0, 3]',
    'success: ""',
    '64:16 error value-invalid: "steps[2].success" must not be empty',
  ],
  [
    'input that starts with a digit',
    'limit: {type',
    '2nd: {type: string}\n    limit: {type',
    '14:5 error value-invalid: a key of "inputs" is "2nd", not a name for expressions | Use letters, digits and _, starting with a letter, such as oldVersion.',
  ],
  [
    'empty title',
    '{en: Restart the OA service, zh-CN: 重启 OA 服务}',
    '""',
    '6:10 error value-invalid: "metadata.title" must not be empty',
  ],
  [
    'tag on a list',
    'owner: platform',
    'owner: !!python/object/apply:os.system [ls]',
    '8:10 error yaml-tag: the tag !!python/object/apply:os.system is not allowed | Remove the tag: runbooks hold plain text, numbers, true, false, lists and mappings.',
  ],
  [
    'jinja as value',
    'LIMIT: ${{ inputs.limit }}',
    'LIMIT: {{ inputs.limit }}',
    '40:19 error yaml-key: a mapping or a list is used as a key | Quote a text that starts with { ; an expression is written ${{ ... }}.',
  ],
  [
    'unquoted expression in a list',
    'argv: [systemctl, restart, oa]',
    'argv: [systemctl, restart, ${{ inputs.limit }}]',
    "38:36 error yaml-syntax: an expression stands unquoted inside brackets or braces | Quote it: '${{ ... }}'.",
  ],
  [
    'unquoted expression in a mapping',
    '{attempts: 3,',
    '{attempts: ${{ inputs.limit }},',
    "43:25 error yaml-syntax: an expression stands unquoted inside brackets or braces | Quote it: '${{ ... }}'.",
  ],
  [
    'key too far right in a step',
    '      uses: manual.confirm',
    '       uses: manual.confirm',
    '30:8 error yaml-syntax: a second "key: value" in one line, or a line indented too little or too much | Quote a value that contains ": ", and align keys and list items of one level.',
  ],
  [
    'key too far right',
    '  owner: platform',
    '   owner: platform',
    '8:4 error yaml-syntax: a second "key: value" in one line, or a line indented too little or too much | Quote a value that contains ": ", and align keys and list items of one level.',
  ],
  [
    'no-break spaces',
    '  owner: platform',
    '\u00a0\u00a0owner: platform',
    '8:1 error yaml-syntax: the space U+00A0 is used for indentation | Indent with plain spaces, two per level.',
  ],
  [
    'full-width spaces',
    '      uses: manual.confirm',
    '\u3000\u3000\u3000uses: manual.confirm',
    '30:1 error yaml-syntax: the space U+3000 is used for indentation | Indent with plain spaces, two per level.',
  ],
];

const app = openApp({ json: false, quiet: false, verbose: false, debug: false, color: false });
const catalogue = await app.catalogue();
const told = (text: string) =>
  checkText(text, 'r.yaml', { catalogue }).findings.map(
    ({ line, col, severity, rule, message, next }) =>
      `${line}:${col} ${severity} ${rule}: ${message}${next === undefined ? '' : ` | ${next}`}`,
  );

describe('one mistake gives one finding', () => {
  it('and none gives none', () => {
    expect(told(good)).toEqual([]);
  });

  it.each(defects)('%s', (_name, from, to, finding) => {
    const text = good.replace(from, to);
    expect(text).not.toBe(good);
    expect(told(text)).toEqual([finding]);
  });
});
