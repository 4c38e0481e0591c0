import type { HostCheckType } from '../types.ts';

/** What probes share; see `HostCheckType` for the conventions. */
const preamble = `set -f
LC_ALL=C LANGUAGE=C
export LC_ALL LANGUAGE
PATH=\${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
export PATH
need() {
  for tool; do command -v "$tool" >/dev/null 2>&1 && return 0; done
  case $# in 1) echo "the host has no $1" >&2 ;; *) echo "the host has none of $*" >&2 ;; esac
  exit 127
}
has() { command -v "$1" >/dev/null 2>&1; }
deny() { echo "$1" >&2; exit 125; }
none() { echo "$1" >&2; exit 124; }
`;

/** Exit code by which a probe says that its question makes no sense on this host. */
export const notApplicableCode = 124;

/** A mark begins a line of its own, whatever was said before it without an end. */
const engine = `mark=$1
shift
while [ $# -gt 2 ]; do
  id=$1 probe=$2 count=$3
  shift 3
  printf '\\n%s begin %s\\n' "$mark" "$id"
  printf '\\n%s begin %s\\n' "$mark" "$id" >&2
  ("probe_$probe" "$@") </dev/null
  code=$?
  printf '\\n%s end %s %s\\n' "$mark" "$id" "$code"
  shift "$count"
done
exit 0
`;

/** One question for a host: a check, by a short id of its own, with the words of its probe. */
export interface Question {
  id: string;
  type: HostCheckType<never>;
  words: string[];
}

/**
 * A script that asks everything in one go, and what follows it on the command line. Values are words of their own, never text of the
 * script: whatever they contain, the shell only hands them on. `$#` of a probe counts the words of later questions too; `$count` are its own.
 */
export function probeScript(questions: readonly Question[], mark: string): { text: string; words: string[] } {
  const types = new Map(questions.map(({ type }) => [type.name, type]));
  const functions = [...types.values()].map((type) => `${functionName(type.name)}() {\n${type.probe.trim()}\n}\n`);
  return {
    text: `${preamble}${functions.join('')}${engine}`,
    words: [
      mark,
      ...questions.flatMap(({ id, type, words }) => [id, shellName(type.name), String(words.length), ...words]),
    ],
  };
}

function functionName(type: string): string {
  return `probe_${shellName(type)}`;
}

function shellName(type: string): string {
  return type.replaceAll('-', '_');
}
