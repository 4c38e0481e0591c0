import { marks, place } from '../ssh/remote-texts.ts';
import { shellHelpers } from './supervisor.ts';

/**
 * Runs a unit under the supervisor, as `launchText` of ssh does, with one difference: its stdout is a named pipe that `cat`
 * empties into ours, so nothing is kept on the disk, and a command that is faster than the reader waits. When nobody reads
 * any more, because the connection was lost, `cat` ends and the next write of the command fails (SIGPIPE).
 *
 * This shell holds the pipe open for writing until the supervisor has written the exit code: a command that was never
 * started, or that opens its output late, must not look like an end. Values: `oaops_n` mark, `oaops_u` unit, `oaops_s`
 * supervisor text, `oaops_env`, `oaops_h` stdin (none, text), `oaops_in`, and the parameters of the supervisor as "$@".
 */
export const streamText = `${shellHelpers}${place}${marks}
fail() { begin; finish_with "failed $1 0"; exit 0; }
make_unit || fail marker-folder-unwritable
rm -f "$oaops_d/out"
(umask 077; mkfifo "$oaops_d/out") 2>/dev/null || { rm -rf "$oaops_d"; fail stream-pipe-missing; }
oaops_f=
oaops_bg=
if setsid -f true 2>/dev/null; then oaops_f='setsid -f'
elif command -v setsid >/dev/null 2>&1; then oaops_f=setsid oaops_bg=1
else oaops_bg=1
fi
start() {
  exec 4<&- 5>&-
  trap - HUP
  OAOPS_UNIT=$oaops_u
  OAOPS_ENV=$oaops_env
  export OAOPS_UNIT OAOPS_ENV
  [ -n "$LC_ALL$LC_CTYPE$LANG" ] || { LANG=C.UTF-8; export LANG; }
  exec $oaops_f /bin/sh -c "$oaops_s" oaops-unit "$oaops_d" "$@"
}
begin_or_tell() {
  (start "$@") >/dev/null 2>&1 && return
  [ -e "$oaops_d/claim" ] || echo 'failed command-too-long' >"$oaops_d/exit"
}
begin
exec 4<"$oaops_d/err"
cat <"$oaops_d/out" 4<&- &
oaops_k=$!
exec 5>"$oaops_d/out"
case $oaops_h$oaops_bg in
  none) begin_or_tell "$@" </dev/null ;;
  none1) begin_or_tell "$@" </dev/null & ;;
  text) (exec 5>&-; printf %b "$oaops_in" &) | begin_or_tell "$@" ;;
  text1) (exec 5>&-; printf %b "$oaops_in" &) | begin_or_tell "$@" & ;;
esac
exec </dev/null
oaops_in=
oaops_env=
oaops_t=0.01
oaops_c=0
oaops_e=
while [ -z "$oaops_e" ]; do
  if [ -s "$oaops_d/exit" ]; then IFS= read -r oaops_e <"$oaops_d/exit"
  elif [ -s "$oaops_d/pid" ]; then
    if ! is_alive; then
      sleep 0.2 2>/dev/null || sleep 1
      if [ -s "$oaops_d/exit" ]; then IFS= read -r oaops_e <"$oaops_d/exit"; else oaops_e=gone; fi
    fi
  else
    oaops_c=$((oaops_c + 1))
    [ $oaops_c -gt 60 ] && oaops_e=gone
  fi
  [ -n "$oaops_e" ] && break
  # Nobody listens: without this end of the pipe, the command gets to know.
  kill -0 $oaops_k 2>/dev/null || exec 5>&-
  cat <&4 >&2 2>/dev/null
  sleep $oaops_t 2>/dev/null || sleep 1
  case $oaops_t in 0.01) oaops_t=0.03 ;; 0.03) oaops_t=0.1 ;; *) oaops_t=0.25 ;; esac
done
exec 5>&-
wait $oaops_k
oaops_c=$?
cat <&4 >&2
rm -rf "$oaops_d"
[ $oaops_c = 0 ] && finish_with "$oaops_e"
exit 0
`;
