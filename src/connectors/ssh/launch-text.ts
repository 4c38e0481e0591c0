import { shellHelpers, superviseText } from '../process/supervisor.ts';
import { follow, marks, place } from './remote-texts.ts';

/**
 * Starts a unit and follows it, with as few processes as can be: on many hosts at once they are what takes the time. This shell is
 * the supervisor itself, in the session that sshd has made for it (see `sessionText`); only a command with text on its stdin has
 * one of its own. Beside it, a copy of this shell sends the outputs while the command runs: each line on stdin has it look. At
 * the end it is told to stop, and what is left is sent from here: both share the positions in the open files.
 *
 * Also needs `oaops_env` export lines, `oaops_h` stdin (none, text, raw), `oaops_once` 1 to remove the marker at the end,
 * `oaops_stay` 1 to wait on stdin for the word "forget" before (exit 0 when the marker is gone), `oaops_long` 1 when the arguments
 * and variables may be too long for a process, the parameters of `superviseText` as "$@", and with text on stdin `oaops_in` for printf %b,
 * and `oaops_s` supervisor text.
 */
export const launchText = (
  becomes: boolean,
): string => `${shellHelpers}${superviseText(becomes)}${place}${marks}${follow}
# A time limit of the shell for whoever types; bash also takes it for what it reads from pipes.
unset TMOUT
refuse() {
  begin
  finish_with "failed $1"
  exit 3
}
refuse_known() {
  find_unit || return 0
  [ ! -s "$oaops_d/exit" ] && is_alive && refuse unit-running
  [ -s "$oaops_d/pid" ] && return
  # Also one that was made a moment ago, by another launch: then neither starts.
  if claim; then
    [ -n "$oaops_once" ] && rm -rf "$oaops_d"
    refuse unit-claimed
  fi
  [ -s "$oaops_d/exit" ] || refuse unit-running
}
refuse_known
[ -n "$oaops_d" ] && rm -rf "$oaops_d"
make_unit || { refuse_known; begin; finish_with 'failed marker-folder-unwritable'; exit 0; }
exec 3<"$oaops_d/out" 4<"$oaops_d/err" 6<&0 </dev/null
pause() {
  [ "$oaops_h" = raw ] || { IFS= read -r oaops_x <&6; return; }
  sleep $oaops_t >/dev/null 2>&1 &
  oaops_k=$! oaops_x=
  wait $oaops_k || sleep 1
  oaops_k=
  case $oaops_t in 0.1) oaops_t=0.3 ;; *) oaops_t=1 ;; esac
}
leave() {
  [ -n "$oaops_k" ] && kill $oaops_k 2>/dev/null
  if [ -n "$oaops_again" ]; then
    position 3
    oaops_c=$oaops_p
    position 4
    printf '%s %s' "$oaops_c" "$oaops_p" >"$oaops_d/sent"
  fi
  exit 0
}
beside() {
  oaops_q= oaops_idle= oaops_k= oaops_again= oaops_c=0 oaops_t=0.1
  trap 'oaops_q=1; [ -n "$oaops_idle" ] && leave' TERM
  while :; do
    oaops_idle=1
    [ -n "$oaops_q" ] && leave
    pause || exit 1
    oaops_idle=
    look_on
    drain || exit 1
    [ -n "$oaops_e" ] || continue
    # Told by the shell that this is beside, unless that one was killed.
    kill -0 $$ 2>/dev/null || { finish_with "$oaops_e"; exit 1; }
  done
}
is_child() { [ "\${2:-$$}" = $$ ]; }
tell() {
  # When nobody listened any more, it has ended long ago: its number may be that of another process.
  stat_of $oaops_f 2>/dev/null
  is_child \${oaops_l##*) } && kill -TERM $oaops_f 2>/dev/null
  wait $oaops_f
  # 143: told before it had set its trap, and so before it had sent anything.
  case $? in 0 | 143) ;; *) exit 1 ;; esac
  exec 1>&7 2>&8 7>&- 8>&-
  if [ -s "$oaops_d/sent" ]; then
    read -r oaops_x oaops_w <"$oaops_d/sent"
    exec 3<"$oaops_d/out" 4<"$oaops_d/err"
    skip "$oaops_x" <&3
    skip "$oaops_w" <&4
  fi
  drain || exit 1
  finish_with "$oaops_e"
  case $oaops_once$oaops_e in 1*|failed*) exec rm -rf "$oaops_d" ;; esac
  # What became of it is kept until whoever asked has written it down.
  if [ -n "$oaops_stay" ]; then
    while IFS= read -r oaops_x <&6; do [ "$oaops_x" = forget ] && exec rm -rf "$oaops_d"; done
  fi
  exit 3
}
taken() {
  oaops_e='failed command-not-started'
  tell
}
apart() {
  exec 3<&- 4<&- 6<&- 7>&- 8>&-
  OAOPS_UNIT=$oaops_u OAOPS_ENV=$oaops_env
  export OAOPS_UNIT OAOPS_ENV
  oaops_x=
  command -v setsid >/dev/null 2>&1 && oaops_x=setsid
  exec $oaops_x /bin/sh -c "$oaops_s" oaops-unit "$oaops_d" "$@"
}
begin
beside "$@" &
oaops_f=$! oaops_v=$oaops_env
exec 7>&1 8>&2 >/dev/null 2>&1
# No program can be started with that many or so long arguments.
if [ -n "$oaops_long" ]; then (eval "$oaops_v"; exec /bin/sh -c : sh "$@") || finish 'failed command-too-long'; fi
case $oaops_h in
  none) supervise "$@" ;;
  raw) supervise "$@" <&6 ;;
esac
(printf %b "$oaops_in" 3<&- 4<&- 6<&- 7>&- 8>&- &) | (apart "$@")
oaops_c=0
look_on
if [ -z "$oaops_e" ]; then
  if [ -e "$oaops_d/claim" ]; then oaops_e=gone; else oaops_e='failed command-too-long'; fi
fi
tell
`;
