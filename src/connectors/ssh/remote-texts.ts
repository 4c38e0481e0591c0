import { shellHelpers } from '../process/supervisor.ts';

/**
 * The scripts of the far side, read by /bin/sh (see script-way.ts). Values come as assignments quoted by
 * `posixQuote` before them. Names: `oaops_n` mark, `oaops_u` unit folder name.
 *
 * Everything an output carries stands between two marks on stdout, and after one mark on stderr, whose second mark is
 * followed by one line that says how it ended. The mark is random, so nothing that a command or a login script prints is
 * taken for it.
 *
 * The texts are such that `oneLine` can put them on one line for any login shell: no exclamation mark before a letter (csh),
 * no pair of backslashes (fish), ASCII only.
 */

/** Folders for markers, in order: the state folder of the account (as core/paths.ts), else one in /var/tmp. */
export const place = `
oaops_i= oaops_um=
while read -r oaops_x oaops_w oaops_i oaops_l; do
  case $oaops_x in Umask:) oaops_um=$oaops_w ;; Uid:) break ;; esac
done 2>/dev/null </proc/$$/status
[ -n "$oaops_i" ] || oaops_i=$(id -u)
[ -n "$oaops_um" ] || oaops_um=$(umask)
if [ "$oaops_i" = 0 ]; then oaops_b=/var/lib/oaops/units; else oaops_b=\${XDG_STATE_HOME:-\${HOME:-/nonexistent}/.local/state}/oaops/units; fi
oaops_v=/var/tmp/oaops-$oaops_i
# The name in /var/tmp is known to everybody.
is_ours() { [ "$1" = "$oaops_b" ] || { [ -O "$1" ] && [ ! -h "$1" ]; }; }
find_unit() {
  oaops_d=
  for oaops_x in "$oaops_b" "$oaops_v"; do
    if is_ours "$oaops_x" && [ -d "$oaops_x/$oaops_u" ] && [ -O "$oaops_x/$oaops_u" ]; then oaops_d=$oaops_x/$oaops_u; return 0; fi
  done
  return 1
}
make_unit() {
  umask 077
  for oaops_d in "$oaops_b" "$oaops_v"; do
    make_in "$oaops_d" 2>/dev/null && { oaops_d=$oaops_d/$oaops_u; umask "$oaops_um"; return 0; }
    # Somebody else was first: one at the other place would be a second one.
    [ -O "$oaops_d/$oaops_u" ] && break
  done
  umask "$oaops_um"
  oaops_d=
  return 1
}
make_in() {
  [ -d "$1" ] || mkdir -p "$1" || return 1
  is_ours "$1" || return 1
  mkdir "$1/$oaops_u" || return 1
  # On a full disk, empty files can still be made.
  printf '' >"$1/$oaops_u/out" && printf '' >"$1/$oaops_u/err" && echo 0 >"$1/$oaops_u/pid.tmp" && return 0
  rm -rf "$1/$oaops_u"
  return 1
}
# Taken in place of a supervisor: a folder, where that of a supervisor is a file (see MarkerFolder.claim).
is_claimed() { [ -d "$oaops_d/claim" ] && [ ! -e "$oaops_d/pid" ]; }
claim() { mkdir "$oaops_d/claim" 2>/dev/null || is_claimed; }
is_alive() {
  [ -s "$oaops_d/pid" ] || return 1
  read -r oaops_pid oaops_start oaops_boot oaops_x <"$oaops_d/pid"
  alive "$oaops_pid" "$oaops_start" "$oaops_boot"
}
`;

export const marks = `
begin() { printf '%s\\n' "$oaops_n"; printf '%s\\n' "$oaops_n" >&2; }
finish_with() { printf '%s\\n' "$oaops_n"; printf '%s %s\\n' "$oaops_n" "$1" >&2; }
`;

/**
 * `look_on` finds out whether the unit has ended (`oaops_e`); `drain` sends what its files hold.
 *
 * The shell and `cat` share the position in the open file, so nothing is sent twice; `cat` fails when nobody listens any more,
 * and the unit goes on without. A command that
 * opens its output by name ("> /dev/stderr") empties the file: it is then read from its beginning again.
 */
export const follow = `
look_on() {
  oaops_e=
  if [ -s "$oaops_d/exit" ]; then IFS= read -r oaops_e <"$oaops_d/exit"
  elif [ -s "$oaops_d/pid" ]; then
    is_alive && return
    sleep 0.2 2>/dev/null || sleep 1
    if [ -s "$oaops_d/exit" ]; then IFS= read -r oaops_e <"$oaops_d/exit"; else oaops_e=gone; fi
  elif [ -d "$oaops_d/claim" ]; then oaops_e='failed command-not-started'
  else
    oaops_c=$((oaops_c + 1))
    [ $oaops_c -gt 60 ] && oaops_e=gone
  fi
}
position() {
  oaops_p=0
  while read -r oaops_x oaops_w; do [ "$oaops_x" = pos: ] && oaops_p=$oaops_w; done 2>/dev/null </proc/self/fdinfo/$1
}
shrunk() {
  position $1
  [ "$oaops_p" != 0 ] && [ "$(wc -c <"$2")" -lt "$oaops_p" ] && oaops_again=1
}
drain() {
  if [ -s "$oaops_d/out" ]; then
    if shrunk 3 "$oaops_d/out"; then exec 3<"$oaops_d/out"; fi
    cat <&3 || return 1
  fi
  if [ -s "$oaops_d/err" ]; then
    if shrunk 4 "$oaops_d/err"; then exec 4<"$oaops_d/err"; fi
    cat <&4 >&2 || return 1
  fi
}
skip() {
  [ "$1" -ge 65536 ] && dd bs=65536 count=$(($1 / 65536)) >/dev/null 2>&1
  [ $(($1 % 65536)) -gt 0 ] && dd bs=1 count=$(($1 % 65536)) >/dev/null 2>&1
}
`;

/**
 * Follows a unit again; each line on stdin has it look. Also needs `oaops_o1`, `oaops_o2`: bytes of stdout and stderr that have
 * arrived already.
 */
export const attachText = `${shellHelpers}${place}${marks}${follow}
# A time limit of the shell for whoever types; bash also takes it for what it reads from pipes.
unset TMOUT
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
oaops_c=0
while :; do
  look_on
  drain || exit 1
  [ -n "$oaops_e" ] && break
  IFS= read -r oaops_x || exit 1
done
finish_with "$oaops_e"
# A claim that was taken in place of a supervisor keeps a launch that is still on its way from starting.
case $oaops_once$oaops_e in failed\\ unit-never-sent* | failed\\ command-not-started*) ;; 1*|failed*) rm -rf "$oaops_d" ;; esac
exit 0
`;

/** Says `exited`, `alive`, `starting`, `unknown`, or `not-started` after taking the claim itself. */
export const probeText = `${shellHelpers}${place}${marks}
begin
find_unit || make_unit || find_unit
if [ -z "$oaops_d" ]; then echo unknown
elif claim; then echo not-started
elif [ -s "$oaops_d/exit" ]; then echo exited
elif is_alive; then echo alive
elif [ -s "$oaops_d/pid" ]; then if [ -s "$oaops_d/exit" ]; then echo exited; else echo unknown; fi
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

/**
 * Removes the marker of a unit. A claim that was taken in place of a supervisor stays for a day: the launch may still be on its
 * way, on a connection that froze. With a pid it is one of a supervisor (see MarkerFolder.claim).
 */
export const forgetText = `${place}${marks}
begin
while find_unit; do
  if is_claimed; then
    rm -f "$oaops_d/out" "$oaops_d/err" "$oaops_d/exit" "$oaops_d/pid.tmp"
    for oaops_x in "$oaops_b" "$oaops_v"; do
      [ -d "$oaops_x" ] && [ -O "$oaops_x" ] && find "$oaops_x" -mindepth 2 -maxdepth 2 -type d -name claim -mmin +1440 | while IFS= read -r oaops_x; do [ -e "\${oaops_x%/claim}/pid" ] || rm -rf "\${oaops_x%/claim}"; done
    done
    break
  fi
  rm -rf "$oaops_d" || break
done
finish_with ok
exit 0
`;

/** Ends the process tree of a unit; also needs `oaops_g`: grace in tenths of a second. */
export const endText = `${shellHelpers}${place}${marks}
begin
oaops_pid=0 oaops_start=-
find_unit || make_unit || find_unit
# Taking the claim keeps a launch that is still on its way from starting.
if [ -n "$oaops_d" ] && ! claim; then
  oaops_c=0
  while [ ! -s "$oaops_d/pid" ] && [ $oaops_c -lt 40 ]; do sleep 0.05 2>/dev/null || sleep 1; oaops_c=$((oaops_c + 1)); done
  is_alive || oaops_pid=0
fi
end_tree() {
  /bin/sh -c "$oaops_s" oaops-end "$oaops_u" "$oaops_pid" "$oaops_start" "$oaops_g" "$oaops_d/exit"
}
oaops_left=$(end_tree)
case $oaops_left in
  *[0-9]*) case $oaops_m in
    sudo|doas) oaops_left=$("$oaops_m" -n -u "$oaops_w" -- /bin/sh -c "$oaops_s" oaops-end "$oaops_u" "$oaops_pid" "$oaops_start" "$oaops_g" "$oaops_d/exit") || : ;;
  esac ;;
esac
printf '%s\\n' "$oaops_left"
finish_with ok
exit 0
`;
