/**
 * The shell texts that oaops runs, the same on the local machine and over ssh. They are fixed: values reach them only as
 * positional parameters, environment or stdin, never as text. POSIX sh (dash, bash, busybox); /proc where there is one.
 */

/** Shared by the texts below. */
const helpers = `
look() {
  case $1 in
    */*) [ -f "$1" ] && [ -x "$1" ] && return 0; [ -e "$1" ] && return 126; return 127 ;;
  esac
  ( IFS=:; set -f
    for p in $PATH; do [ -f "\${p:-.}/$1" ] && [ -x "\${p:-.}/$1" ] && exit 0; done
    exit 127 )
}
began() {
  shift 19 2>/dev/null && printf %s "$1"
}
start_of() {
  l=
  IFS= read -r l 2>/dev/null </proc/$1/stat || { printf %s -; return 1; }
  began \${l##*) }
}
boot_id() {
  l=-
  IFS= read -r l 2>/dev/null </proc/sys/kernel/random/boot_id || l=-
  printf %s "$l"
}
`;

/**
 * Runs one command and writes what became of it into its marker folder: `pid` (pid, start time, boot id, seconds) at the
 * start, `out` and `err` while it runs, `exit` at the end, by rename. Started in a session of its own.
 *
 * Parameters: folder, working directory or empty, become mode (empty, sudo, sudo-password, doas, su, su-password), become
 * user, comma-separated names of variables to keep through sudo, then the command. In the -password modes the first line
 * of stdin is the password; it never is in an argument, a variable of another process or a file.
 *
 * The command is started by `exec` in a subshell, so that only programs run, never built-ins of the shell, and in the
 * foreground, because POSIX has background commands ignore SIGINT. Signals are caught, not ignored: an ignored signal
 * would stay ignored in the command.
 *
 * `exit` holds "exit CODE SECONDS" or "failed REASON SECONDS"; with a reason, the command was not started.
 */
export const supervisorText = `${helpers}
d=$1 c=$2 m=$3 w=$4 k=$5
shift 5
finish() {
  printf '%s %s\\n' "$1" "$(date +%s)" >"$d/exit.tmp" && mv -f "$d/exit.tmp" "$d/exit" || exit 99
  exit 0
}
refused() {
  l=
  while IFS= read -r x || [ -n "$x" ]; do l=$l$x; done <"$d/become"
  case $l in
    *'password is required'*|*'Authentication required'*) finish 'failed become-password-required' ;;
    *'incorrect password'*|*'no password was provided'*|*'Authentication fail'*|*'ry again'*) finish 'failed become-password-wrong' ;;
    *'command not found'*) finish 'failed command-not-found' ;;
    *'preserve the environment'*|*'set the following environment'*) finish 'failed become-env-refused' ;;
    *) finish 'failed become-refused' ;;
  esac
}
trap : HUP INT QUIT TERM
printf '%s %s %s %s\\n' "$$" "$(start_of $$)" "$(boot_id)" "$(date +%s)" >"$d/pid.tmp" && mv -f "$d/pid.tmp" "$d/pid" || exit 99
if [ -n "$c" ]; then CDPATH= cd -- "$c" 2>/dev/null || finish 'failed cwd-missing'; fi
q=
case $m in
  '')
    look "$1"
    case $? in 127) finish 'failed command-not-found' ;; 126) finish 'failed command-not-executable' ;; esac
    ;;
  sudo*)
    look sudo || finish 'failed become-missing'
    if [ "$m" = sudo-password ]; then
      IFS= read -r q || finish 'failed become-password-required'
      printf '%s\\n' "$q" | LC_ALL=C LANGUAGE=C sudo -S -p '' -u "$w" -v >/dev/null 2>"$d/become" || refused
      q=
    fi
    LC_ALL=C LANGUAGE=C sudo -n -u "$w" -l -- "$@" </dev/null >/dev/null 2>"$d/become" || refused
    set -- sudo -n \${k:+"--preserve-env=$k"} -u "$w" -- "$@"
    ;;
  doas)
    look doas || finish 'failed become-missing'
    set -- doas -n -u "$w" -- "$@"
    ;;
  su)
    look su || finish 'failed become-missing'
    [ "$(id -u)" = 0 ] || finish 'failed become-password-required'
    set -- su -s /bin/sh -c 'exec "$0" "$@"' -- "$w" "$@"
    ;;
  su-password)
    look su || finish 'failed become-missing'
    IFS= read -r q || finish 'failed become-password-required'
    # su reads the password from stdin only if it asks; what it did not read ends at the mark.
    set -- su -s /bin/sh -c 'while IFS= read -r l; do [ "$l" = "$0" ] && break; done; exec "$@"' -- "$w" "oaops.$$.\${d##*/}" "$@"
    ;;
esac
if [ "$m" = su-password ]; then
  { printf '%s\\n%s\\n' "$q" "oaops.$$.\${d##*/}"; exec cat; } | (exec "$@" >>"$d/out" 2>>"$d/err")
else
  (exec "$@" >>"$d/out" 2>>"$d/err")
fi
r=$?
[ "$m" = sudo-password ] && sudo -k </dev/null >/dev/null 2>&1
if [ -n "$m" ] && [ $r -eq 1 ] && [ ! -s "$d/out" ]; then
  l=
  IFS= read -r l 2>/dev/null <"$d/err"
  case $l in
    'sudo: a password is required'*|'sudo: 需要密码'*|'doas: Authentication required'*) finish 'failed become-password-required' ;;
    'sudo: sorry, you are not allowed to set the following'*|'sudo: sorry, you are not allowed to preserve'*|'sudo: 对不起'*) finish 'failed become-env-refused' ;;
    'doas: Operation not permitted'*|'doas: Authentication failed'*|'su: Permission denied'*) finish 'failed become-refused' ;;
    'su: Authentication failure'*|'Password: su: Authentication failure'*|'Password: '*'su: '*) finish 'failed become-password-wrong' ;;
    'su: user '*' does not exist'*|'doas: unknown user'*|'su: user '*) finish 'failed become-refused' ;;
  esac
fi
finish "exit $r"
`;

/**
 * Ends every process of a unit: descendants of the supervisor, its session, and whoever carries OAOPS_UNIT=<unit> in the
 * environment it was started with (a grandchild that went into a session of its own and lost its parents). TERM first,
 * KILL after the grace, again until nothing is left; the supervisor last, so that it can write the exit code.
 *
 * Parameters: unit, pid of the supervisor, its start time, grace in tenths of a second.
 * Prints the pids that could not be ended (another user's, uninterruptible), in one line.
 */
export const endTreeText = `${helpers}
u=$1 s=$2 b=$3 g=$4
[ "$(start_of "$s")" = "$b" ] || s=0
row() { [ "$1" = Z ] || [ "$1" = X ] || table="$table$pid $2 $4
"; }
table_of_all() {
  table=
  for f in /proc/[0-9]*; do
    pid=\${f#/proc/}
    l=
    IFS= read -r l 2>/dev/null <"$f/stat" || continue
    row \${l##*) }
  done
}
collect() {
  table_of_all
  known=" $s "
  for f in $(grep -l -F -e "OAOPS_UNIT=$u" /proc/[0-9]*/environ 2>/dev/null); do
    f=\${f#/proc/}
    known="$known\${f%%/*} "
  done
  more=1
  while [ -n "$more" ]; do
    more=
    while read -r pid parent session; do
      case $known in *" $pid "*) continue ;; esac
      case $known in *" $parent "*) ;; *) [ "$s" != 0 ] && [ "$session" = "$s" ] || continue ;; esac
      [ "$parent" = 0 ] && continue
      known="$known$pid "
      more=1
    done <<EOT
$table
EOT
  done
  found=
  for pid in $known; do
    [ "$pid" = "$s" ] || [ "$pid" = $$ ] || [ "$pid" = 1 ] || case "
$table" in *"
$pid "*) found="$found $pid" ;; esac
  done
}
told=' '
i=0
collect
while [ -n "$found" ] && [ $i -lt "$g" ]; do
  for pid in $found; do
    case $told in *" $pid "*) ;; *) told="$told$pid "; kill -TERM "$pid" 2>/dev/null ;; esac
  done
  sleep 0.1 2>/dev/null || sleep 1
  i=$((i + 1))
  collect
done
i=0
while [ -n "$found" ] && [ $i -lt 40 ]; do
  kill -KILL $found 2>/dev/null
  sleep 0.05 2>/dev/null || sleep 1
  i=$((i + 1))
  collect
done
if [ "$s" != 0 ] && [ -z "$found" ]; then
  i=0
  while [ $i -lt 20 ] && [ "$(start_of "$s")" = "$b" ]; do sleep 0.05 2>/dev/null || sleep 1; i=$((i + 1)); done
  [ "$(start_of "$s")" = "$b" ] && kill -KILL "$s" 2>/dev/null
fi
printf '%s\\n' "$found"
exit 0
`;

/**
 * The only text that a login shell (sh, csh, fish ...) has to read, and the way to hand environment values to a process
 * without showing them in an argument: a script comes in on stdin, up to a line that repeats the first one; what follows
 * it on stdin is left for the script. `read` takes single bytes from a pipe, so nothing is read too much. A script that
 * did not arrive whole is not run: exit 98.
 */
export const bootstrapText =
  's=$(IFS= read -r e; while IFS= read -r l; do [ "$l" = "$e" ] && exit 0; printf "%s\\n" "$l"; done; echo "exit 98"); eval "$s"';

export const shellHelpers = helpers;
