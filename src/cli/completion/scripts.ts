import type { FlagEntry, Place } from './tree.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The names that oaops knows, one a line; nothing when it fails. */
const listOf = (command: string, key: string) =>
  `oaops ${command} --json 2>/dev/null | sed -n 's/^ *"${key}": "\\([^"]*\\)",\\{0,1\\}$/\\1/p'`;
const listRunbooks = listOf('runbook list', 'name');
/** The latest ones; `latest` is one of their names. */
const listRuns = listOf('runs list', 'id');

/** A completion script for a shell; to be sourced, or put where the shell looks for completions. */
export function completionScript(shell: Shell, places: readonly Place[]): string {
  if (shell === 'bash') return bash(places);
  if (shell === 'zsh') return zsh(places);
  return fish(places);
}

/** A text in single quotes, as bash and zsh read it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function words(flag: FlagEntry): string[] {
  return [...(flag.char ? [`-${flag.char}`] : []), `--${flag.name}`];
}

function bash(places: readonly Place[]): string {
  const paths = places.map((place) => place.path).filter((path) => path !== '');
  const cases = places.map((place) => {
    const children = place.children.map((child) => child.name).join(' ');
    const flags = place.flags.flatMap(words).join(' ');
    const valued = place.flags.filter((flag) => flag.takesValue);
    const values = valued.map((flag) => {
      const reply =
        flag.values.length > 0
          ? `COMPREPLY=($(compgen -W ${quoted(flag.values.join(' '))} -- "$cur"))`
          : 'COMPREPLY=($(compgen -f -- "$cur"))';
      return `        ${words(flag).join('|')}) ${reply}; return ;;`;
    });
    return [
      `    ${quoted(place.path)})`,
      ...(values.length > 0 ? ['      case $prev in', ...values, '      esac'] : []),
      `      next=${quoted(children)} flags=${quoted(flags)} names=${place.names ?? ''} ;;`,
    ].join('\n');
  });
  return `# bash completion of oaops; made by "oaops autocomplete bash"
_oaops() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' word i next flags names
  # bash splits --flag=value at the equals sign.
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${path:+$path }\${COMP_WORDS[i]}
    case $word in
      ${paths.map(quoted).join('|')}) path=$word ;;
      *) [[ \${COMP_WORDS[i]} == -* ]] || break ;;
    esac
  done
  case $path in
${cases.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  else
    case $names in
      runbook) next=$(${listRunbooks}) ;;
      run) next="latest $(${listRuns})" ;;
    esac
    COMPREPLY=($(compgen -W "$next" -- "$cur"))
  fi
}
complete -o default -F _oaops oaops
`;
}

function zsh(places: readonly Place[]): string {
  const described = (name: string, description: string) => quoted(`${name.replaceAll(':', '\\:')}:${description}`);
  const paths = places.map((place) => place.path).filter((path) => path !== '');
  const cases = places.map((place) => {
    const next = place.children.map((child) => described(child.name, child.description)).join(' ');
    const flags = place.flags.flatMap((flag) => words(flag).map((word) => described(word, flag.description))).join(' ');
    const values = place.flags
      .filter((flag) => flag.takesValue)
      .map(
        (flag) =>
          `        ${words(flag).join('|')}) ${flag.values.length > 0 ? `compadd -- ${flag.values.map(quoted).join(' ')}` : '_files'}; return ;;`,
      );
    return [
      `    ${quoted(place.path)})`,
      ...(values.length > 0 ? ['      case ${words[CURRENT-1]} in', ...values, '      esac'] : []),
      `      next=(${next}) flags=(${flags}) names=${place.names ?? ''} ;;`,
    ].join('\n');
  });
  return `#compdef oaops
# zsh completion of oaops; made by "oaops autocomplete zsh"
_oaops() {
  local at='' word i names
  local -a next flags
  for ((i = 2; i < CURRENT; i++)); do
    word=\${at:+$at }\${words[i]}
    case $word in
      ${paths.map(quoted).join('|')}) at=$word ;;
      *) [[ \${words[i]} == -* ]] || break ;;
    esac
  done
  case $at in
${cases.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe -o flag flags
  else
    case $names in
      runbook) next=(\${(f)"$(${listRunbooks})"}) ;;
      run) next=(latest \${(f)"$(${listRuns})"}) ;;
    esac
    (( $#next )) && _describe command next
    (( $#next )) && [[ $names != runbook ]] || _files
  fi
}
# As a file of $fpath it is the function's body; sourced, it registers itself.
if [[ $funcstack[1] == _oaops ]]; then _oaops "$@"; else compdef _oaops oaops; fi
`;
}

function fish(places: readonly Place[]): string {
  const fishQuoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const paths = places.map((place) => place.path).filter((path) => path !== '');
  const lines = places.flatMap((place) => {
    const here = `-n ${fishQuoted(`__oaops_at ${fishQuoted(place.path)}`)}`;
    const children = place.children.map(
      (child) => `complete -c oaops -f ${here} -a ${fishQuoted(child.name)} -d ${fishQuoted(child.description)}`,
    );
    const flags = place.flags.map((flag) => {
      const short = flag.char ? ` -s ${flag.char}` : '';
      const value = !flag.takesValue
        ? ''
        : flag.values.length > 0
          ? ` -x -a ${fishQuoted(flag.values.join(' '))}`
          : ' -r -F';
      return `complete -c oaops ${here}${short} -l ${flag.name} -d ${fishQuoted(flag.description)}${value}`;
    });
    const names = place.names ? [`complete -c oaops ${here} -a '(__oaops_${place.names}s)' -d ${place.names}`] : [];
    return [...children, ...flags, ...names];
  });
  return `# fish completion of oaops; made by "oaops autocomplete fish"
function __oaops_at
    set -l path ''
    for word in (commandline -opc)[2..]
        set -l longer (string trim -- "$path $word")
        if contains -- $longer ${paths.map(fishQuoted).join(' ')}
            set path $longer
        else if not string match -q -- '-*' $word
            break
        end
    end
    test "$path" = "$argv[1]"
end

function __oaops_runbooks
    ${listRunbooks}
end

function __oaops_runs
    echo latest
    ${listRuns}
end

${lines.join('\n')}
`;
}
