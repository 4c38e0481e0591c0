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
  oaops_p=$2
  while [ -n "$oaops_p" ]; do
    oaops_x=\${oaops_p%%:*}
    [ -f "\${oaops_x:-.}/$1" ] && [ -x "\${oaops_x:-.}/$1" ] && return 0
    case $oaops_p in *:*) oaops_p=\${oaops_p#*:} ;; *) oaops_p= ;; esac
  done
  return 127
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

/** Why the way to another account is refused. */
const becomeRefused = `refused() {
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
`;

/** Starts the command in the account that it is meant for; before that, in order to name what hinders it, asks whether it may. */
const become = `case $oaops_m in
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
`;

/** A command that said nothing and failed may be the message of the one who was to start it. */
const becomeFailures = `[ "$oaops_m" = sudo-password ] && sudo -k </dev/null >/dev/null 2>&1
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
`;

/** Starts the command in the account that this is. */
const plain = `look "$1" "$oaops_z"
case $? in 127) finish 'failed command-not-found' ;; 126) finish 'failed command-not-executable' ;; esac
(launch "$@")
`;

/**
 * The function that runs one command and writes what became of it into its marker folder: `pid` (pid, start time, boot id)
 * at the start, `out` and `err` while it runs, `exit` at the end; `pid` and `exit` are complete when they are not empty.
 * To be run by a shell with a session of its own, whose outputs nobody reads.
 *
 * Needs `oaops_d` folder, `oaops_u` name of the unit, `oaops_v` variables of the command, as lines of `export`, and two functions
 * that end the shell: `tell` is called when `oaops_e` is in the exit file, `taken` when the claim is. Parameters: working directory or empty, become mode (empty, sudo, sudo-password, doas, su, su-password), become
 * user, comma-separated names of variables to keep through sudo, then the command. In the -password modes the first line
 * of stdin is the password; it never is in an argument, a variable of another process or a file.
 *
 * The variables of the command are set only where it is started: a PATH or IFS that is meant for the command must not reach
 * the supervisor.
 *
 * The command is started by `exec` in a subshell, so that only programs run, never built-ins of the shell, and in the
 * foreground, because POSIX has background commands ignore SIGINT. Signals are caught, not ignored: an ignored signal
 * would stay ignored in the command.
 *
 * `claim` is made first and by one only, as a file: whoever finds it taken starts nothing. Who takes it in place of a supervisor
 * makes a folder of that name (see MarkerFolder.claim).
 *
 * `exit` holds "exit CODE" or "failed REASON"; with a reason, the command was not started.
 *
 * With `becomes` false, the mode is empty, and the text all ASCII. On many hosts at once each process counts: what the shell can do itself is done without one.
 */
export const superviseText = (becomes: boolean): string => `${becomes ? becomeRefused : ''}
launch() {
  exec >>"$oaops_d/out" 2>>"$oaops_d/err" 3<&- 4<&- 6<&- 7>&- 8>&-
  if [ -n "$oaops_u" ]; then OAOPS_UNIT=$oaops_u; export OAOPS_UNIT; fi
  [ -n "$LC_ALL$LC_CTYPE$LANG" ] || { LANG=C.UTF-8; export LANG; }
  PATH=$oaops_y
  eval "$oaops_v"
  exec "$@"
}
finish() {
  oaops_e=$1
  printf '%s\\n' "$1" >"$oaops_d/exit" || exit 99
  tell
}
supervise() {
trap : HUP INT QUIT TERM
set -C
printf '' 2>/dev/null >"$oaops_d/claim" || taken
set +C
oaops_c=$1 oaops_m=$2 oaops_w=$3 oaops_k=$4
shift 4
oaops_y=$PATH oaops_z=$PATH
case $oaops_v in *PATH=*) oaops_z=$(eval "$oaops_v"; printf %s "$PATH") 2>/dev/null ;; esac
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
myself
printf '%s %s %s\\n' "$$" "$oaops_a" "$oaops_l" >"$oaops_d/pid" || exit 99
case $oaops_c in '' | /*) ;; *) oaops_c=./$oaops_c ;; esac
if [ -n "$oaops_c" ]; then CDPATH= cd -- "$oaops_c" 2>/dev/null || finish 'failed cwd-missing'; fi
oaops_q=
${becomes ? become : plain}oaops_r=$?
${becomes ? becomeFailures : ''}finish "exit $oaops_r"
}
`;

/** The supervisor as a process: its folder, then the parameters of `superviseText`; the variables of the command in OAOPS_ENV. */
export const supervisorText = `${helpers}${superviseText(true)}
tell() { exit 0; }
taken() { exit 0; }
oaops_d=$1 oaops_v=$OAOPS_ENV oaops_u=$OAOPS_UNIT
unset OAOPS_ENV
shift
supervise "$@"
`;

/**
 * Ends every process of a unit: descendants of the supervisor, its session, and whoever carries OAOPS_UNIT=<unit> in the
 * environment it was started with (a grandchild that went into a session of its own and lost its parents). TERM first,
 * KILL after the grace, again until nothing is left; the supervisor last, so that it can write the exit code.
 *
 * Parameters: unit, pid of the supervisor, its start time, grace in tenths of a second, file with the exit code: a supervisor
 * that has written it goes on, to tell.
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
  while [ $i -lt 20 ] && [ ! -s "$5" ] && [ "$(start_of "$s")" = "$b" ]; do sleep 0.05 2>/dev/null || sleep 1; i=$((i + 1)); done
  [ ! -s "$5" ] && [ "$(start_of "$s")" = "$b" ] && kill -KILL "$s" 2>/dev/null
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
