/** Where files that were taken away from an account wait for an undo, on the host itself: they may hold secrets. */
export const heldFolder = '/var/lib/oaops-accounts';

/** What stands before a line of sudoers that was taken out of force. */
export const heldLine = '#oaops-held ';

/**
 * One thing to do on a host. Everything is a word of its own for the shell, never text of the script.
 * `run`: a program. `aside`: a file is renamed, when it is still the one with this sha256 and no link. `back`: the way back, when nothing has
 * taken its place. `sudoers`: lines of a file, by number and as they stand now, get `heldLine` before them or lose it; visudo must accept the
 * whole. `linger`: whether services of the user run without him. `end`: his sessions and processes.
 */
export type Step =
  | { do: 'run'; argv: string[] }
  | { do: 'aside'; path: string; sha256: string; held: string }
  | { do: 'back'; path: string; held: string }
  | { do: 'sudoers'; file: string; hold: boolean; lines: { number: number; text: string }[] }
  | { do: 'linger'; on: boolean }
  | { do: 'end' };

/** Words for one step, after its number. */
export function wordsOf(step: Step): string[] {
  switch (step.do) {
    case 'run':
      return ['run', String(step.argv.length), ...step.argv];
    case 'aside':
      return ['aside', '3', step.path, step.sha256, step.held];
    case 'back':
      return ['back', '2', step.path, step.held];
    case 'linger':
      return ['linger', '1', step.on ? 'on' : 'off'];
    case 'end':
      return ['end', '0'];
    case 'sudoers': {
      const command = step.hold ? `s/^/${heldLine}/` : `s/^${heldLine}//`;
      const program = step.lines.map(({ number }) => `${number}${command}`).join('\n');
      const lines = step.lines.flatMap(({ number, text }) => [String(number), text]);
      return ['sudoers', String(2 + lines.length), step.file, program, ...lines];
    }
  }
}

/**
 * Does steps one after the other and says of each `did N`, or `fault N KIND WHAT` (see `faultText`). Words: login, uid (it does nothing when the login has another one
 * now; empty: there is no such login yet), then each step: its number, its name, how many words it has, these words.
 */
export const changeScript = `
login=$1 uid=$2
shift 2
[ "$(id -u)" = 0 ] || stop needs-root
now=
while IFS=: read -r name password id rest || [ -n "$name" ]; do
  [ "$name" = "$login" ] && { now=$id; break; }
done </etc/passwd
[ "$now" = "$uid" ] || stop other-uid
did() { printf 'did %s\\n' "$number"; }
fault() { printf 'fault %s %s\\n' "$number" "$(printf '%s' "$1" | tr '\\n' ' ' | cut -c 1-300)"; }
do_run() {
  # /dev/null: what the script got on standard input is for the step that asks for it.
  if said=$("$@" 2>&1 </dev/null); then did; else fault "failed $1: exit code $?: $said"; fi
}
do_aside() {
  [ -f "$1" ] && [ ! -h "$1" ] || { fault "no-file $1"; return; }
  set -- "$1" "$2" "$3" $(sha256sum <"$1")
  [ "$4" = "$2" ] || { fault "changed $1"; return; }
  # A folder of this name would swallow it.
  if [ -e "$3" ] || [ -h "$3" ]; then [ -f "$3" ] && [ ! -h "$3" ] || { fault "no-file $3"; return; }; fi
  case $3 in
    ${heldFolder}/*)
      folder=\${3%/*}
      mkdir -p "$folder" 2>/dev/null
      [ -d "$folder" ] && [ ! -h "$folder" ] && [ -O "$folder" ] || { fault "no-folder $folder"; return; }
      ;;
  esac
  if said=$(mv -f -- "$1" "$3" 2>&1); then did; else fault "failed $said"; fi
}
do_back() {
  if [ -e "$1" ] || [ -h "$1" ]; then fault "taken $1"
  elif [ ! -f "$2" ] || [ -h "$2" ]; then fault "held-gone $2"
  elif said=$(mv -f -- "$2" "$1" 2>&1); then
    has restorecon && restorecon "$1" 2>/dev/null
    did
  else fault "failed $said"
  fi
}
do_linger() {
  mark=/var/lib/systemd/linger/$login
  if [ "$1" = off ]; then
    has loginctl && loginctl disable-linger "$login" >/dev/null 2>&1
    rm -f "$mark"
    [ -e "$mark" ] || { did; return; }
  else
    has loginctl && loginctl enable-linger "$login" >/dev/null 2>&1
    [ -e "$mark" ] || : >"$mark"
    [ ! -e "$mark" ] || { chmod 644 "$mark"; did; return; }
  fi
  fault "failed $mark"
}
do_sudoers() {
  file=$1 program=$2
  shift 2
  has visudo || { fault "lacks visudo"; return; }
  [ -f "$file" ] && [ ! -h "$file" ] || { fault "no-file $file"; return; }
  while [ $# -gt 0 ]; do
    [ "$(sed -n "$1p" "$file")" = "$2" ] || { fault "changed $file"; return; }
    shift 2
  done
  # sudo leaves out names with a dot or a tilde at their end.
  new=\${file%/*}/.oaops-$$.new~ old=\${file%/*}/.oaops-$$.old~
  alone=0
  visudo -c -q -f "$file" >/dev/null 2>&1 && alone=1
  main=/etc/sudoers
  [ -e "$main" ] || main=/usr/local/etc/sudoers
  # Named by -f, its grammar is looked at and that of all it includes; not modes, which visudo takes stricter than sudo.
  visudo -c -q -f "$main" >/dev/null 2>&1 || { fault "not-valid $file"; return; }
  if cp -p -- "$file" "$new" && cp -p -- "$file" "$old" && sed -e "$program" "$file" >"$new" &&
    { [ "$alone" = 0 ] || visudo -c -q -f "$new" >/dev/null 2>&1; } && mv -f -- "$new" "$file"; then
    if visudo -c -q -f "$main" >/dev/null 2>&1; then
      rm -f "$old"
      has restorecon && restorecon "$file" 2>/dev/null
      did
      return
    fi
    mv -f -- "$old" "$file"
  fi
  rm -f "$new" "$old"
  fault "visudo $file"
}
own=$(readlink /proc/self/ns/pid 2>/dev/null)
alive() {
  # Processes of containers have uids of their own world.
  set +f
  for folder in /proc/[0-9]*; do
    state=
    while read -r key first second rest; do
      case $key in
        State:) state=$first ;;
        Uid:)
          [ "$first" = "$uid" ] || [ "$second" = "$uid" ] || break
          [ "$state" != Z ] || break
          [ "$(readlink "$folder/ns/pid" 2>/dev/null)" = "$own" ] && printf '%s\\n' "\${folder#/proc/}"
          break
          ;;
      esac
    done 2>/dev/null <"$folder/status"
  done 2>/dev/null
  set -f
}
do_end() {
  has loginctl && has timeout && timeout 20 loginctl terminate-user "$login" >/dev/null 2>&1 </dev/null
  round=0
  while [ "$round" -lt 20 ]; do
    pids=$(alive)
    [ -n "$pids" ] || { did; return; }
    kill -KILL $pids 2>/dev/null
    round=$((round + 1))
    [ "$round" -lt 3 ] || sleep 0.2 2>/dev/null || sleep 1
  done
  fault "alive $(printf '%s ' $pids)"
}
while [ $# -gt 2 ]; do
  number=$1 name=$2 count=$3
  shift 3
  case $name in run | aside | back | linger | sudoers | end) ;; *) stop strange-step ;; esac
  total=$# turned=0
  (
    while [ "$turned" -lt "$count" ]; do
      set -- "$@" "$1"
      shift
      turned=$((turned + 1))
    done
    shift $((total - count))
    "do_$name" "$@"
  )
  shift "$count"
done`;
