import { shellHelpers } from '../process/supervisor.ts';

/**
 * The scripts of the far side, fed to /bin/sh on stdin by the bootstrap text. Values come as assignments quoted by
 * `posixQuote` before them. Names: `oaops_n` mark, `oaops_u` unit folder name.
 *
 * Everything an output carries stands between two marks on stdout, and after one mark on stderr, whose second mark is
 * followed by one line that says how it ended. The mark is random, so nothing that a command or a login script prints is
 * taken for it.
 */

/** Folders for markers, in order: the state folder of the account (as core/paths.ts), else one in /var/tmp. */
export const place = `
oaops_i= oaops_um=
while read -r oaops_x oaops_w oaops_i; do
  case $oaops_x in Umask:) oaops_um=$oaops_w ;; Uid:) oaops_i=\${oaops_i%%[!0-9]*} && break ;; esac
done 2>/dev/null </proc/$$/status
case $oaops_i in '' | *[!0-9]*) oaops_i=$(id -u) ;; esac
[ -n "$oaops_um" ] || oaops_um=$(umask)
if [ "$oaops_i" = 0 ]; then oaops_b=/var/lib/oaops/units; else oaops_b=\${XDG_STATE_HOME:-\${HOME:-/nonexistent}/.local/state}/oaops/units; fi
oaops_v=/var/tmp/oaops-$oaops_i
find_unit() {
  oaops_d=
  for oaops_x in "$oaops_b" "$oaops_v"; do
    if [ -d "$oaops_x/$oaops_u" ] && [ -O "$oaops_x/$oaops_u" ]; then oaops_d=$oaops_x/$oaops_u; return 0; fi
  done
  return 1
}
make_unit() {
  umask 077
  for oaops_d in "$oaops_b" "$oaops_v"; do
    make_in "$oaops_d" 2>/dev/null && { oaops_d=$oaops_d/$oaops_u; umask "$oaops_um"; return 0; }
  done
  umask "$oaops_um"
  oaops_d=
  return 1
}
make_in() {
  [ -d "$1" ] || mkdir -p "$1" || return 1
  # The name in /var/tmp is known to everybody.
  [ "$1" = "$oaops_b" ] || { [ -O "$1" ] && [ ! -h "$1" ]; } || return 1
  mkdir "$1/$oaops_u" || return 1
  # On a full disk, empty files can still be made.
  printf '' >"$1/$oaops_u/out" && printf '' >"$1/$oaops_u/err" && echo 0 >"$1/$oaops_u/pid.tmp" && {
    # Where there are no pipes, the end is seen by looking.
    mkfifo "$1/$oaops_u/end" || :
    return 0
  }
  rm -rf "$1/$oaops_u"
  return 1
}
# Taken in place of a supervisor, now or before: a file, where that of a supervisor is a folder (see MarkerFolder.claim).
claim() { (set -C; : >"$oaops_d/claim") 2>/dev/null || [ -f "$oaops_d/claim" ]; }
is_alive() {
  [ -e "$oaops_d/pid" ] || return 1
  read -r oaops_pid oaops_start oaops_boot oaops_x <"$oaops_d/pid"
  alive "$oaops_pid" "$oaops_start" "$oaops_boot"
}
`;

export const marks = `
begin() { printf '%s\\n' "$oaops_n"; printf '%s\\n' "$oaops_n" >&2; }
finish_with() { printf '%s\\n' "$oaops_n"; printf '%s %s\\n' "$oaops_n" "$1" >&2; }
`;

/**
 * Sends what the files hold and will hold, until the unit has ended. The shell and `cat` share the position in the open
 * file, so nothing is sent twice; `cat` fails when nobody listens any more, and the unit goes on without. A command that
 * opens its output by name ("> /dev/stderr") empties the file: it is then read from its beginning again.
 */
const follow = `
shrunk() {
  oaops_p=0
  while read -r oaops_x oaops_w; do [ "$oaops_x" = pos: ] && oaops_p=$oaops_w; done 2>/dev/null </proc/$$/fdinfo/$1
  [ "$oaops_p" != 0 ] && [ "$(wc -c <"$2")" -lt "$oaops_p" ]
}
# Waits for so many seconds, or for the end of the supervisor: it holds the other end of the pipe. To look every few hundredths
# of a second would start a process for each look. What is started here must not hold the channel open.
pause() {
  [ -n "$oaops_woken" ] && { sleep 0.02 2>/dev/null || sleep 1; return; }
  sleep "$1" </dev/null >/dev/null 2>&1 &
  oaops_p=$!
  wait $oaops_p
  case $? in 0) ;; *) [ -n "$oaops_woken" ] || sleep 1 ;; esac
  [ -n "$oaops_woken" ] && kill $oaops_p 2>/dev/null
}
unwake() {
  [ -n "$oaops_waker" ] && kill $oaops_waker 2>/dev/null
}
follow() {
  # A time limit of the shell for whoever types; bash also takes it for what it reads from pipes.
  unset TMOUT
  oaops_t=0.1
  oaops_c=0
  oaops_woken=
  trap 'oaops_woken=1 oaops_waker=' USR1
  oaops_waker=
  myself
  if [ "$oaops_a" != - ] && [ -p "$oaops_d/end" ]; then
    # The session can be lost long before the end: by then the number of this process may be that of another one.
    (IFS= read -r oaops_x <"$oaops_d/end"; alive $$ "$oaops_a" "$oaops_l" && kill -USR1 $$) </dev/null >/dev/null 2>&1 &
    oaops_waker=$!
  fi
  while :; do
    oaops_e=
    if [ -e "$oaops_d/exit" ]; then IFS= read -r oaops_e <"$oaops_d/exit"
    elif [ -e "$oaops_d/pid" ]; then
      if is_alive; then oaops_woken=
      else
        sleep 0.2 2>/dev/null || sleep 1
        if [ -e "$oaops_d/exit" ]; then IFS= read -r oaops_e <"$oaops_d/exit"; else oaops_e=gone; fi
      fi
    elif [ -f "$oaops_d/claim" ]; then oaops_e='failed command-not-started'
    else
      oaops_c=$((oaops_c + 1))
      [ $oaops_c -gt 60 ] && oaops_e=gone
    fi
    if [ -s "$oaops_d/out" ]; then
      if shrunk 3 "$oaops_d/out"; then exec 3<"$oaops_d/out"; fi
      cat <&3 || { unwake; exit 1; }
    fi
    if [ -s "$oaops_d/err" ]; then
      if shrunk 4 "$oaops_d/err"; then exec 4<"$oaops_d/err"; fi
      cat <&4 >&2 || { unwake; exit 1; }
    fi
    [ -n "$oaops_e" ] && break
    pause $oaops_t
    case $oaops_t in 0.1) oaops_t=0.3 ;; *) oaops_t=1 ;; esac
  done
  unwake
  finish_with "$oaops_e"
}
`;

/**
 * Starts a unit and follows it. Also needs `oaops_s` supervisor text, `oaops_env` export lines, `oaops_h` stdin (none, text,
 * raw), `oaops_in` stdin for printf %b, `oaops_once` 1 to remove the marker at the end, `oaops_stay` 1 to wait on stdin
 * for the word "forget" before, `oaops_k`, and the parameters of
 * the supervisor after the folder as "$@".
 */
export const launchText = `${shellHelpers}${place}${marks}${follow}
if find_unit; then
  if is_alive; then begin; finish_with 'failed unit-running'; exit 0; fi
  if [ -e "$oaops_d/claim" ] && [ ! -e "$oaops_d/pid" ]; then
    [ -n "$oaops_once" ] && rm -rf "$oaops_d"
    begin
    finish_with 'failed unit-claimed'
    exit 0
  fi
  rm -rf "$oaops_d"
fi
make_unit || { begin; finish_with 'failed marker-folder-unwritable'; exit 0; }
exec 3<"$oaops_d/out" 4<"$oaops_d/err"
oaops_f='setsid -f'
start() {
  exec 3<&- 4<&-
  trap - HUP
  OAOPS_UNIT=$oaops_u
  OAOPS_ENV=$oaops_env
  export OAOPS_UNIT OAOPS_ENV
  [ -n "$LC_ALL$LC_CTYPE$LANG" ] || { LANG=C.UTF-8; export LANG; }
  exec $oaops_f /bin/sh -c "$oaops_s" oaops-unit "$oaops_d" "$@"
}
begin_or_tell() {
  (start "$@") >/dev/null 2>&1 && return
  # There is no such option (busybox), or no such program: nothing was started, and nothing read.
  oaops_f=
  command -v setsid >/dev/null 2>&1 && oaops_f=setsid
  exec 5<&0
  # No program can be started with that many or so long arguments; who holds the claim may say so.
  { (start "$@") <&5 5<&- >/dev/null 2>&1 || { mkdir "$oaops_d/claim" 2>/dev/null && echo 'failed command-too-long' >"$oaops_d/exit"; }; } &
  exec 5<&-
}
begin
case $oaops_h in
  none) begin_or_tell "$@" </dev/null ;;
  text) (printf %b "$oaops_in" 2>/dev/null 3<&- 4<&- &) | begin_or_tell "$@" ;;
  raw) begin_or_tell "$@" ;;
esac
[ -n "$oaops_stay" ] && exec 6<&0
exec </dev/null
oaops_in=
follow
case $oaops_once$oaops_e in 1*|failed*) rm -rf "$oaops_d" && exit 0 ;; esac
# What became of it is kept until whoever asked has written it down.
[ -n "$oaops_stay" ] && IFS= read -r oaops_x <&6 && [ "$oaops_x" = forget ] && rm -rf "$oaops_d"
exit 0
`;

/** Follows a unit again. Also needs `oaops_o1`, `oaops_o2`: bytes of stdout and stderr that have arrived already. */
export const attachText = `${shellHelpers}${place}${marks}${follow}
skip() {
  [ "$1" -ge 65536 ] && dd bs=65536 count=$(($1 / 65536)) >/dev/null 2>&1
  [ $(($1 % 65536)) -gt 0 ] && dd bs=1 count=$(($1 % 65536)) >/dev/null 2>&1
}
begin
if ! find_unit; then
  # A marker that goes away with its unit may have gone. Any other was never made: whoever takes its claim keeps it so.
  if [ -z "$oaops_once" ] && make_unit && claim; then
    echo 'failed unit-never-sent' >"$oaops_d/exit"
    finish_with 'failed unit-never-sent'
  else finish_with missing
  fi
  exit 0
fi
exec 3<"$oaops_d/out" 4<"$oaops_d/err"
skip "$oaops_o1" <&3
skip "$oaops_o2" <&4
follow
# A claim that was taken in place of a supervisor keeps a launch that is still on its way from starting.
case $oaops_once$oaops_e in failed\\ unit-never-sent* | failed\\ command-not-started*) ;; 1*|failed*) rm -rf "$oaops_d" ;; esac
exit 0
`;

/** Says `exited`, `alive`, `starting`, `unknown`, or `not-started` after taking the claim itself. */
export const probeText = `${shellHelpers}${place}${marks}
begin
find_unit || make_unit
if [ -z "$oaops_d" ]; then echo unknown
elif claim; then echo not-started
elif [ -e "$oaops_d/exit" ]; then echo exited
elif is_alive; then echo alive
elif [ -e "$oaops_d/pid" ]; then if [ -e "$oaops_d/exit" ]; then echo exited; else echo unknown; fi
else echo starting
fi
finish_with ok
exit 0
`;

export const pingText = `${marks}
begin
true
finish_with ok
exit 0
`;

export const forgetText = `${place}${marks}
begin
while find_unit; do rm -rf "$oaops_d" || break; done
finish_with ok
exit 0
`;

/** Ends the process tree of a unit; also needs `oaops_g`: grace in tenths of a second. */
export const endText = `${shellHelpers}${place}${marks}
begin
oaops_pid=0 oaops_start=-
find_unit || make_unit
# Taking the claim keeps a launch that is still on its way from starting.
if [ -n "$oaops_d" ] && ! claim; then
  oaops_c=0
  while [ ! -e "$oaops_d/pid" ] && [ $oaops_c -lt 40 ]; do sleep 0.05 2>/dev/null || sleep 1; oaops_c=$((oaops_c + 1)); done
  is_alive || oaops_pid=0
fi
end_tree() {
  /bin/sh -c "$oaops_s" oaops-end "$oaops_u" "$oaops_pid" "$oaops_start" "$oaops_g"
}
oaops_left=$(end_tree)
case $oaops_left in
  *[0-9]*) case $oaops_m in
    sudo|doas) oaops_left=$("$oaops_m" -n -u "$oaops_w" -- /bin/sh -c "$oaops_s" oaops-end "$oaops_u" "$oaops_pid" "$oaops_start" "$oaops_g") || : ;;
  esac ;;
esac
printf '%s\\n' "$oaops_left"
finish_with ok
exit 0
`;
