/**
 * The shell texts that oaops runs, the same on the local machine and over ssh. They are fixed: values reach them only as
 * positional parameters, environment or stdin, never as text. POSIX sh (dash, bash, busybox); /proc where there is one.
 */

/** Shared by the texts below. The name of a process, in its stat file, may hold line ends and parentheses. */
const helpers = `
look() {
  case $1 in
    */*) [ -f "$1" ] && [ -x "$1" ] && return 0; [ -e "$1" ] && return 126; return 127 ;;
  esac
  ( IFS=:; set -f
    for oaops_p in $2; do [ -f "\${oaops_p:-.}/$1" ] && [ -x "\${oaops_p:-.}/$1" ] && exit 0; done
    exit 127 )
}
began() {
  shift 19 2>/dev/null && printf %s "$1"
}
stat_of() {
  oaops_l=
  while IFS= read -r oaops_x || [ -n "$oaops_x" ]; do oaops_l="$oaops_l$oaops_x "; done 2>/dev/null </proc/$1/stat
  [ -n "$oaops_l" ]
}
start_of() {
  stat_of "$1" 2>/dev/null || { printf %s -; return 1; }
  began \${oaops_l##*) }
}
same_start() {
  case $1 in Z | X) return 1 ;; esac
  shift 19 2>/dev/null && [ "$1" = "$oaops_x" ]
}
started() {
  oaops_a=-
  shift 19 2>/dev/null && oaops_a=$1
}
myself() {
  oaops_a=-
  stat_of $$ 2>/dev/null && started \${oaops_l##*) }
  oaops_l=-
  IFS= read -r oaops_l 2>/dev/null </proc/sys/kernel/random/boot_id || oaops_l=-
}
alive() {
  oaops_l=-
  IFS= read -r oaops_l 2>/dev/null </proc/sys/kernel/random/boot_id || oaops_l=-
  [ "$oaops_l" = "$3" ] || return 1
  if [ "$2" = - ]; then kill -0 "$1" 2>/dev/null; return; fi
  stat_of "$1" 2>/dev/null || return 1
  oaops_x=$2
  same_start \${oaops_l##*) }
}
`;

/**
 * Runs one command and writes what became of it into its marker folder: `pid` (pid, start time, boot id) at the
 * start, `out` and `err` while it runs, `exit` at the end, by rename. Started in a session of its own.
 *
 * Parameters: folder, working directory or empty, become mode (empty, sudo, sudo-password, doas, su, su-password), become
 * user, comma-separated names of variables to keep through sudo, then the command. In the -password modes the first line
 * of stdin is the password; it never is in an argument, a variable of another process or a file.
 *
 * The variables of the command come as lines of \`export\` in OAOPS_ENV, and are set only where it is started: a PATH or IFS
 * that is meant for the command must not reach the supervisor.
 *
 * The command is started by `exec` in a subshell, so that only programs run, never built-ins of the shell, and in the
 * foreground, because POSIX has background commands ignore SIGINT. Signals are caught, not ignored: an ignored signal
 * would stay ignored in the command.
 *
 * `claim` is made first and by one only: whoever finds it taken starts nothing (after a crash, recovery takes it).
 *
 * `exit` holds "exit CODE" or "failed REASON"; with a reason, the command was not started.
 */
export const supervisorText = `${helpers}
oaops_d=$1 oaops_c=$2 oaops_m=$3 oaops_w=$4 oaops_k=$5
shift 5
oaops_v=$OAOPS_ENV
unset OAOPS_ENV
oaops_y=$PATH
oaops_z=$(eval "$oaops_v"; printf %s "$PATH") 2>/dev/null
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
launch() {
  exec >>"$oaops_d/out" 2>>"$oaops_d/err" 9>&-
  PATH=$oaops_y
  eval "$oaops_v"
  exec "$@"
}
finish() {
  printf '%s\\n' "$1" >"$oaops_d/exit.tmp" && mv -f "$oaops_d/exit.tmp" "$oaops_d/exit" || exit 99
  exit 0
}
refused() {
  oaops_l=
  while IFS= read -r oaops_x || [ -n "$oaops_x" ]; do oaops_l=$oaops_l$oaops_x; done <"$oaops_d/become"
  case $oaops_l in
    *'password is required'*|*'Authentication required'*) finish 'failed become-password-required' ;;
    *'incorrect password'*|*'no password was provided'*|*'Authentication fail'*|*'ry again'*) finish 'failed become-password-wrong' ;;
    *'command not found'*) finish 'failed command-not-found' ;;
    *'preserve the environment'*|*'set the following environment'*) finish 'failed become-env-refused' ;;
    *) finish 'failed become-refused' ;;
  esac
}
trap : HUP INT QUIT TERM
mkdir "$oaops_d/claim" 2>/dev/null || exit 0
# Whoever follows reads the other end: it ends with this process alone. Opened for both, it waits for nobody (fifo(7)).
[ -p "$oaops_d/end" ] && exec 9<>"$oaops_d/end"
# Without processes of their own: on many hosts at once, each counts.
myself
printf '%s %s %s\\n' "$$" "$oaops_a" "$oaops_l" >"$oaops_d/pid.tmp" && mv -f "$oaops_d/pid.tmp" "$oaops_d/pid" || exit 99
case $oaops_c in '' | /*) ;; *) oaops_c=./$oaops_c ;; esac
if [ -n "$oaops_c" ]; then CDPATH= cd -- "$oaops_c" 2>/dev/null || finish 'failed cwd-missing'; fi
oaops_q=
case $oaops_m in
  '')
    look "$1" "$oaops_z"
    case $? in 127) finish 'failed command-not-found' ;; 126) finish 'failed command-not-executable' ;; esac
    ;;
  sudo*)
    look sudo "$PATH" || finish 'failed become-missing'
    if [ "$oaops_m" = sudo-password ]; then
      IFS= read -r oaops_q || finish 'failed become-password-required'
      printf '%s\\n' "$oaops_q" | LC_ALL=C LANGUAGE=C sudo -S -p '' -u "$oaops_w" -v >/dev/null 2>"$oaops_d/become" || refused
      oaops_q=
    fi
    LC_ALL=C LANGUAGE=C sudo -n -u "$oaops_w" -l -- "$@" </dev/null >/dev/null 2>"$oaops_d/become" || refused
    set -- "$(command -v sudo)" -n \${oaops_k:+"--preserve-env=$oaops_k"} -u "$oaops_w" -- "$@"
    ;;
  doas)
    look doas "$PATH" || finish 'failed become-missing'
    set -- "$(command -v doas)" -n -u "$oaops_w" -- "$@"
    ;;
  su)
    look su "$PATH" || finish 'failed become-missing'
    [ "$(id -u)" = 0 ] || finish 'failed become-password-required'
    set -- "$(command -v su)" -s /bin/sh -c 'exec "$0" "$@"' -- "$oaops_w" "$@"
    ;;
  su-password)
    look su "$PATH" || finish 'failed become-missing'
    IFS= read -r oaops_q || finish 'failed become-password-required'
    # su reads the password from stdin only if it asks; what it did not read ends at the mark.
    set -- "$(command -v su)" -s /bin/sh -c 'while IFS= read -r oaops_l; do [ "$oaops_l" = "$0" ] && break; done; exec "$@"' -- "$oaops_w" "oaops.$$.\${oaops_d##*/}" "$@"
    ;;
esac
if [ "$oaops_m" = su-password ]; then
  { printf '%s\\n%s\\n' "$oaops_q" "oaops.$$.\${oaops_d##*/}"; exec cat; } | (launch "$@")
else
  (launch "$@")
fi
oaops_r=$?
[ "$oaops_m" = sudo-password ] && sudo -k </dev/null >/dev/null 2>&1
if [ -n "$oaops_m" ] && [ $oaops_r -eq 1 ] && [ ! -s "$oaops_d/out" ]; then
  oaops_l=
  IFS= read -r oaops_l 2>/dev/null <"$oaops_d/err"
  case $oaops_l in
    'sudo: a password is required'*|'sudo: 需要密码'*|'doas: Authentication required'*) finish 'failed become-password-required' ;;
    'sudo: sorry, you are not allowed to set the following'*|'sudo: sorry, you are not allowed to preserve'*|'sudo: 对不起'*) finish 'failed become-env-refused' ;;
    'doas: Operation not permitted'*|'doas: Authentication failed'*|'su: Permission denied'*) finish 'failed become-refused' ;;
    'su: Authentication failure'*|'Password: su: Authentication failure'*|'Password: '*'su: '*) finish 'failed become-password-wrong' ;;
    'su: user '*' does not exist'*|'doas: unknown user'*|'su: user '*) finish 'failed become-refused' ;;
  esac
fi
finish "exit $oaops_r"
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
    stat_of "$pid" 2>/dev/null || continue
    row \${oaops_l##*) }
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

export const shellHelpers: string = helpers;
