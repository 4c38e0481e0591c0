#!/bin/sh
# Restores a snapshot from an oaops backup repository, format version 1, without oaops.
# Needs sh, GNU coreutils, findutils, awk, GNU tar and zstd; age for an encrypted repository; setfattr and setfacl when
# the snapshot holds extended attributes and ACLs. README-RESTORE.txt tells how to use it, docs/backup-format.md of the
# project describes the format.
#
# How it works, and why so:
# * Nothing that stands in the repository becomes a word of a command. Contents are handled under the numbers that they
#   have in their pack; names reach the file system only inside tar streams (pax headers, written by awk) and in the
#   list formats of setfattr and setfacl. So a name may hold any bytes.
# * One process per file would take minutes for 100,000 files. Instead, for each pack: check, extract, hash all members
#   in one go, then give them their names by a tar stream of hard links. At the end a second tree (the skeleton) of empty
#   files with the right modes, owners and times is made by one tar, and one `cp --attributes-only` takes these over.
# * A path is accepted only in the order of the format, where every name occurs once and whatever holds something is a
#   folder. So nothing can be written through a symbolic link.

set -u
LC_ALL=C
TZ=UTC0
export LC_ALL TZ
unset TAR_OPTIONS POSIXLY_CORRECT CDPATH ENV ZSTD_CLEVEL ZSTD_NBTHREADS BLOCK_SIZE DF_BLOCK_SIZE
umask 077
tab=$(printf '\t')
nl='
'

usage() {
  cat <<'END'
usage: sh restore-v1.sh [options] REPO_DIR TARGET_DIR
       sh restore-v1.sh --list [options] REPO_DIR
  -i FILE      age identity (private key); needed for an encrypted repository
  -s SNAPSHOT  snapshot id or its unique beginning; default: latest
  -p PATH      restore only this file or folder, as named on the source host; may be repeated
  -n           dry run: check every object that the restore needs, write nothing
  --list       list the snapshots; with -s or -p the files of one snapshot
  --no-space-check  start although the target seems too small
TARGET_DIR must be empty or absent. Files get their full path below it: /etc/hosts becomes TARGET_DIR/etc/hosts.
exit: 0 all restored, 1 failed, 2 usage or missing tools, 3 something could not be restored (named), 4 refused,
      9 damaged objects (named, the rest is restored), 10 no repository, 12 wrong key
END
}

say() { printf '%s\n' "$*" >&2; }
die() { # exit code, message
  die_code=$1
  shift
  say "error: $*"
  exit "$die_code"
}

# Read by the awk programs, which would take backslashes in a value of -v for escapes.
T=
export T
status=0
worse() { # 9 (damage) outweighs 3 (incomplete)
  if [ "$1" -gt "$status" ]; then status=$1; fi
}
# shellcheck disable=SC2317 # called by the trap
cleanup() {
  if [ -n "$T" ] && [ -d "$T" ]; then
    chmod -R u+rwx -- "$T" 2>/dev/null
    rm -rf -- "$T"
  fi
}
trap cleanup EXIT
trap 'say "interrupted"; exit 130' INT
trap 'say "interrupted"; exit 143' TERM HUP

# ---- arguments -------------------------------------------------------------------------------------------------------

identity=
snapshot=
prefixes=
dry=
list=
space_check=1

octal_of() { printf '%s' "$1" | od -An -v -to1 | awk '{ for (i = 1; i <= NF; i++) printf "\\0%s", $i }'; }

need_value() { [ "$2" -ge 2 ] || die 2 "option $1 needs a value"; }
while [ $# -gt 0 ]; do
  case $1 in
    -i) need_value "$1" $#; identity=$2; shift 2 ;;
    -s) need_value "$1" $#; snapshot=$2; shift 2 ;;
    -p) need_value "$1" $#; prefixes="$prefixes$(octal_of "$2")$nl"; shift 2 ;;
    -n) dry=1; shift ;;
    --list) list=1; shift ;;
    --no-space-check) space_check=; shift ;;
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    -?*) usage >&2; die 2 "unknown option $1" ;;
    *) break ;;
  esac
done
[ $# -ge 1 ] || { usage >&2; die 2 'REPO_DIR is missing'; }
if [ -n "$list" ] || [ -n "$dry" ]; then
  [ $# -le 2 ] || die 2 'too many arguments'
else
  [ $# -eq 2 ] || { usage >&2; die 2 'give REPO_DIR and TARGET_DIR'; }
fi
absolute() { case $1 in /*) printf '%s' "$1." ;; *) printf '%s' "$PWD/$1." ;; esac; }
repo=$(absolute "$1"); repo=${repo%.}
target=
if [ $# -eq 2 ]; then target=$(absolute "$2"); target=${target%.}; fi
[ -f "$repo/config" ] || die 10 "no repository at $repo: there is no file \"config\"." \
  "REPO_DIR is the folder that holds config, packs, blocks and snapshots."
if [ -n "$identity" ]; then
  identity=$(absolute "$identity"); identity=${identity%.}
  [ -f "$identity" ] || die 2 "there is no identity file $identity"
  [ -r "$identity" ] || die 2 "identity file $identity can't be read"
fi

# ---- tools -----------------------------------------------------------------------------------------------------------

missing=
check_tool() { # tool, Debian package
  if ! command -v "$1" >/dev/null 2>&1; then
    missing="$missing $2"
    say "missing tool: $1 (Debian package: $2)"
  fi
}
for tool in cat chmod chown cp cut dd df head id ln mkdir mktemp mv od rm sha256sum sort split sync tac tail touch tr truncate uniq wc yes; do
  check_tool $tool coreutils
done
check_tool awk mawk
check_tool find findutils
check_tool xargs findutils
check_tool tar tar
check_tool zstd zstd

# One value of the config, which is JSON on one or more lines without nesting.
config_value() {
  awk -v key="\"$1\"" '
    { text = text $0 " " }
    END {
      i = index(text, key)
      if (!i) exit
      rest = substr(text, i + length(key))
      sub(/^[ \t\r]*:[ \t\r]*/, "", rest)
      if (substr(rest, 1, 1) == "\"") { rest = substr(rest, 2); sub(/".*/, "", rest) }
      else sub(/[^0-9].*/, "", rest)
      print rest
    }' "$repo/config"
}
encrypted=
if [ -z "$missing" ]; then
  [ "$(config_value format)" = oaops-backup ] || die 10 "$repo/config is not the config of a backup repository"
  version=$(config_value formatVersion)
  [ "$version" = 1 ] || die 4 "the repository has format version $version, this script reads version 1." \
    "Use the restore script that lies in the repository."
  case $(config_value encryption) in
    age) encrypted=1; check_tool age age ;;
    none) ;;
    *) die 4 "the encryption of $repo/config is neither age nor none" ;;
  esac
fi
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086 # a list of package names
  die 2 "install what is missing: apt-get install$(printf '%s\n' $missing | sort -u | awk '{ printf " %s", $1 }' 2>/dev/null || printf '%s' "$missing")"
fi
case $(tar --version 2>/dev/null) in *'GNU tar'*) ;; *) die 2 'tar is not GNU tar (Debian package: tar)' ;; esac
case $(cp --version 2>/dev/null) in *coreutils*) ;; *) die 2 'cp is not that of GNU coreutils (Debian package: coreutils)' ;; esac
say "tools: $(command -v awk), $(tar --version | head -n 1), $(cp --version | head -n 1), $(command -v zstd)${encrypted:+, $(command -v age)}"

# ---- snapshots -------------------------------------------------------------------------------------------------------

cd "$repo" || die 10 "no access to $repo"

# Ids of all snapshots, oldest first: a snapshot exists if its manifest does.
snapshots() {
  for file in snapshots/*.manifest; do
    id=${file#snapshots/}
    id=${id%.manifest}
    case $id in
      [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f])
        [ -f "$file" ] && printf '%s\n' "$id" ;;
    esac
  done | sort
}
all=$(snapshots)

if [ -n "$list" ] && [ -z "$snapshot" ] && [ -z "$prefixes" ]; then
  printf 'snapshot\tstarted\thost\tstatus\tentries\tbytes\n'
  for id in $all; do
    if [ -f "snapshots/$id.index" ]; then
      awk -F '\t' -v id="$id" '
        $1 == "started" { started = $2 } $1 == "host" { host = $2 } $1 == "status" { state = $2 }
        $1 == "count" { count[$2] = $3 }
        $1 == "object" || $1 == "end" { exit }
        END { print id "\t" started "\t" host "\t" state "\t" count["entries"] "\t" count["bytes"] }' "snapshots/$id.index"
    else
      printf '%s\t-\t-\tindex missing\t-\t-\n' "$id"
    fi
  done
  exit 0
fi

[ -n "$all" ] || die 1 'the repository holds no snapshots'
case ${snapshot:-latest} in
  latest) snapshot=$(printf '%s\n' "$all" | tail -n 1) ;;
  *[!0-9A-Za-z-]*) die 1 "no snapshot $snapshot" ;;
  *)
    found=$(printf '%s\n' "$all" | awk -v want="$snapshot" 'index($0, want) == 1')
    case $found in
      '') die 1 "no snapshot $snapshot. See: sh restore-v1.sh --list $repo" ;;
      *"$nl"*) die 2 "more than one snapshot begins with $snapshot" ;;
    esac
    snapshot=$found ;;
esac
if [ -n "$encrypted" ]; then
  [ -n "$identity" ] || die 2 'the repository is encrypted: give the age identity with -i FILE'
  case $(head -c 40 -- "$identity" | tr -d '\000') in
    age-encryption.org/* | *'BEGIN AGE ENCRYPTED'*)
      die 2 'the identity file is protected by a passphrase. Decrypt it first: age -d -o /dev/shm/key.txt FILE' ;;
  esac
fi

# ---- target and temporary folder -------------------------------------------------------------------------------------

root=
[ "$(id -u)" = 0 ] && root=1
if [ -n "$list" ] || [ -n "$dry" ]; then
  T=$(mktemp -d "${TMPDIR:-/tmp}/restore-v1.XXXXXXXX") || die 1 'no temporary folder'
else
  made=
  if [ ! -d "$target" ]; then
    [ ! -e "$target" ] || die 4 "$target is not a folder"
    mkdir -p -- "$target" || die 1 "$target can't be made"
    made=1
  fi
  target=$(cd -- "$target" && pwd -P && printf .) || die 1 "no access to $target"
  target=${target%"$nl".}
  here=$(pwd -P)
  case "$target/" in "$here"/*) die 4 "$target lies inside the repository" ;; esac
  # A new file system has a folder lost+found.
  # shellcheck disable=SC2012
  [ -z "$(find "$target" -mindepth 1 -maxdepth 1 ! -name lost+found -print | head -n 1)" ] ||
    die 4 "$target is not empty. Restore into an empty folder"
  [ -w "$target" ] || die 1 "$target can't be written"
  # An ACL inherited from the folder above must not reach what is restored.
  [ -z "$made" ] || setfacl -b -k -- "$target" 2>/dev/null || :
  T=$(mktemp -d "$target/.restore-v1.XXXXXXXX") || die 1 "$target can't be written"
  tname=${T##*/}
fi
mkdir "$T/w" "$T/asm" || die 1 "no space in $T"
printf '%s' "$prefixes" >"$T/prefixes"
: >"$T/failed"

# ---- objects ---------------------------------------------------------------------------------------------------------

hash_of() { sha256sum <"$1" | cut -c 1-64; }
valid_hash() {
  [ ${#1} -eq 64 ] || return 1
  case $1 in *[!0-9a-f]*) return 1 ;; esac
}
damaged() { # what, consequence
  say "damaged: $1${2:+: $2}"
  worse 9
}
# Sets `why` and fails unless the stored object is what its name says.
check_object() { # name, sha256
  if [ ! -f "$1" ]; then why="$1 is missing"; return 1; fi
  if [ "$(hash_of "$1")" != "$2" ]; then why="$1 has not the sha256 that it should have"; return 1; fi
}
# Writes the plain bytes of a checked object to stdout; exit codes of its parts go to $T/rc.*.
plain() {
  if [ -n "$encrypted" ]; then
    { age -d -i "$identity" <"$1" 2>"$T/age.err"; echo $? >"$T/rc.age"; } | { zstd -dcq 2>"$T/zstd.err"; echo $? >"$T/rc.zstd"; }
  else
    echo 0 >"$T/rc.age"
    zstd -dcq <"$1" 2>"$T/zstd.err"
    echo $? >"$T/rc.zstd"
  fi
}
# Fails, with `why` set, unless the last `plain` went well.
plain_ok() {
  if [ "$(cat "$T/rc.age")" != 0 ]; then why="$1 can't be decrypted: $(head -n 1 "$T/age.err")"; return 1; fi
  if [ "$(cat "$T/rc.zstd")" != 0 ]; then why="$1 can't be decompressed: $(head -n 1 "$T/zstd.err")"; return 1; fi
}
# Lines between first and last of a text of the line format, or failure.
body() { # format, file
  awk -v first="$1${tab}1" '
    NR == 1 { if ($0 != first) { bad = 1; exit } next }
    NR > 2 { print held }
    { held = $0 }
    END { if (bad || NR < 2 || held != "end\t" (NR - 2)) exit 1 }' "$2"
}
is_full() {
  free=$(df -Pk "$T" 2>/dev/null | awk 'NR == 2 { print $4 }')
  [ -n "$free" ] && [ "$free" -lt 64 ]
}
space_or() { # message when a write failed for another reason
  if is_full; then die 1 "no space left in ${target:-$T}. What was restored is not complete"; fi
  die 1 "${1:-}"
}

# The manifest's own hash stands in the index and in the checksum list, which nothing else vouches for: one that agrees is enough.
manifest=snapshots/$snapshot.manifest
index=snapshots/$snapshot.index
sums=snapshots/$snapshot.sha256
actual=$(hash_of "$manifest")
in_index=$(awk -F '\t' '$1 == "manifest" { print $2; exit }' "$index" 2>/dev/null)
in_sums=$(awk -v name="$manifest" '$2 == name { print $1; exit }' "$sums" 2>/dev/null)
if [ "$actual" != "$in_index" ] && [ "$actual" != "$in_sums" ] && [ -n "$in_index$in_sums" ]; then
  die 9 "$manifest is damaged: its sha256 is neither that of $index nor that of $sums. Copy it again from another leg," \
    "or restore another snapshot"
fi
if [ ! -f "$index" ]; then
  damaged "$index" 'missing; not needed for the restore'
else
  want=$(awk -v name="$index" '$2 == name { print $1; exit }' "$sums" 2>/dev/null)
  if [ -f "$sums" ] && [ "$want" != "$(hash_of "$index")" ]; then
    damaged "$index" "its sha256 is not that of $sums; not needed for the restore"
  elif ! body oaops-index "$index" >/dev/null || [ "$in_index" != "$actual" ]; then
    damaged "$index" 'not needed for the restore'
  fi
fi
if [ ! -f "$sums" ]; then damaged "$sums" 'missing; not needed for the restore'; elif [ "$in_sums" != "$actual" ]; then
  damaged "$sums" "it doesn't name the manifest; not needed for the restore"
fi
plain "$manifest" >"$T/manifest.text"
if ! plain_ok "$manifest"; then
  if [ "$(cat "$T/rc.age")" != 0 ]; then
    case $(cat "$T/age.err") in
      *'no identity matched'* | *'incorrect identity'*) die 12 "$identity is not a key of this repository" ;;
      *identity* | *identities*) die 2 "$identity is not an age identity: $(head -n 1 "$T/age.err")" ;;
    esac
  fi
  die 9 "$why"
fi
body oaops-manifest "$T/manifest.text" >"$T/manifest" || die 9 "$manifest is not a manifest of format version 1"
named=$(awk -F '\t' '$1 == "snapshot" { print $2; exit }' "$T/manifest")
[ "$named" = "$snapshot" ] || die 9 "$manifest is the manifest of snapshot $named"
# Problems of the backup itself are no fault of the restore, but whoever restores must know them.
awk -F '\t' '
  $1 == "status" && $2 != "complete" { print "note: the backup itself was incomplete when it was made" }
  $1 == "problem" { print "note: backup problem: " $2 ": " $3 ": " $4 }' "$T/manifest" >&2

# ---- entries ---------------------------------------------------------------------------------------------------------

: >"$T/entries"
: >"$T/packs.table"
awk -F '\t' '$1 == "block" || $1 == "packs" { print $1 "\t" $2 "\t" $4 "\t" $5 "\t" ($6 == "" ? "-" : $6) "\t" ($7 == "" ? "-" : $7) }' \
  "$T/manifest" >"$T/blocks"
while IFS=$tab read -r kind sha count plainsha first last; do
  lost="$count entries from /$first to /$last"
  format=oaops-entries
  into=$T/entries
  if [ "$kind" = packs ]; then
    lost='a table of packs, not needed for the restore'
    format=oaops-packs
    into=$T/packs.table
  fi
  valid_hash "$sha" || { damaged "a line of $manifest" "$lost"; continue; }
  name=blocks/$(printf %.2s "$sha")/$sha
  if ! check_object "$name" "$sha"; then damaged "$why" "lost: $lost"; continue; fi
  plain "$name" >"$T/block.text"
  if ! plain_ok "$name"; then damaged "$why" "lost: $lost"; continue; fi
  if [ "$(hash_of "$T/block.text")" != "$plainsha" ] || ! body "$format" "$T/block.text" >"$T/block.body"; then
    damaged "$name" "its text is not what the manifest says; lost: $lost"
    continue
  fi
  cat "$T/block.body" >>"$into" || space_or "$T can't be written"
done <"$T/blocks"
rm -f "$T/block.text" "$T/block.body" "$T/manifest.text"

# Shared by the awk programs. NUL is only ever printed by %c from a number: strings of some awks can't hold it.
awk_bytes='
  function load_bytes(  i) {
    for (i = 1; i < 256; i++) byte[sprintf("0%03o", i)] = sprintf("%c", i)
  }
  # Bytes of an escaped field; sets bad_escape.
  function raw(field,  out, at, code) {
    bad_escape = 0
    if (!index(field, "\\")) return field
    out = ""
    while ((at = index(field, "\\")) > 0) {
      code = substr(field, at + 1, 4)
      if (!(code in byte)) { bad_escape = 1; return "" }
      out = out substr(field, 1, at - 1) byte[code]
      field = substr(field, at + 5)
    }
    return out field
  }
'

# Checks every entry, selects, and writes what is to be done:
#   sel:   id type path mode uid gid mtime size target first kind   (names that are hard links to an earlier one: links)
#   work:  pack member length sha256 S|M sparse|offset id path      (every piece that must be fetched)
awk -F '\t' -v root="$root" "$awk_bytes"'
  function is_hash(s) { return length(s) == 64 && s !~ /[^0-9a-f]/ }
  function is_number(s, digits) { return s != "" && length(s) <= digits && s !~ /[^0-9]/ }
  function is_time(s) { return length(s) <= 30 && s ~ /^-?[0-9]+\.[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]$/ }
  function refuse(why) { print NR "\t" $2 "\t" why > (T "/refused"); refused = 1 }
  function fail(why) { print NR "\t" $2 "\t" why > (T "/failed.plan") }

  # The tree rule: the parent is a folder seen before (or never named), and names in one folder ascend. Sets `implied`.
  function place(path, is_dir,  d, rest, at, name, i, n) {
    d = depth
    while (d > 0 && substr(path, 1, length(folder[d]) + 1) != folder[d] "/") d--
    rest = d ? substr(path, length(folder[d]) + 2) : path
    n = 0
    name = rest
    if ((at = index(rest, "/")) > 0) name = substr(rest, 1, at - 1)
    if (name "" <= newest[d] "") return 0
    newest[d] = name
    while ((at = index(rest, "/")) > 0) {
      name = substr(rest, 1, at - 1)
      rest = substr(rest, at + 1)
      folder[d + 1] = d ? folder[d] "/" name : name
      d++
      newest[d] = rest
      if ((at = index(rest, "/")) > 0) newest[d] = substr(rest, 1, at - 1)
      implied++
    }
    if (is_dir) { d++; folder[d] = path; newest[d] = "" }
    depth = d
    return 1
  }
  function selected(path, type,  i) {
    if (!prefix_count) return 1
    for (i = 1; i <= prefix_count; i++) {
      if (prefix[i] == "" || path == prefix[i] || substr(path, 1, length(prefix[i]) + 1) == prefix[i] "/") { hit[i] = 1; return 1 }
      if (type == "d" && (path == "." || substr(prefix[i], 1, length(path) + 1) == path "/")) return 1
    }
    return 0
  }
  function work(pack, member, len, sha, kind, extra) {
    print pack "\t" member "\t" len "\t" sha "\t" kind "\t" extra "\t" NR "\t" $2 > (T "/work")
  }
  # What makes the content; returns the kind (E empty, S one piece, M several, - nothing to write) or "" if refused.
  function content(  n, h, i, p, m, offset, sparse) {
    sparse = ("," $19 ",") ~ /,sparse,/ ? 1 : 0
    if ($14 == "-") {
      if ($11 + 0 == 0 && ("," $19 ",") !~ /,unreadable,/) return "E"
      fail("its content could not be read when the backup was made")
      return "-"
    }
    if (!is_hash($12)) return ""
    n = split($14, piece, ",")
    if (n == 1 && $14 !~ /^-/) {
      m = split($14, p, ":")
      if (m != 3 || !is_hash(p[1]) || !is_number(p[2], 15) || p[3] "" != $11 "") return ""
      work(p[1], p[2], p[3], $12, "S", sparse)
      bytes += p[3]
      return "S"
    }
    h = split($15, hash, ",")
    if (h != n) return ""
    offset = 0
    for (i = 1; i <= n; i++) {
      m = split(piece[i], p, ":")
      if (m != 3 || !is_number(p[3], 16)) return ""
      if (p[1] == "-") { if (p[2] != "-" || hash[i] != "-") return "" }
      else if (!is_hash(p[1]) || !is_number(p[2], 15) || !is_hash(hash[i])) return ""
      offset += p[3]
    }
    if (sprintf("%.0f", offset) != $11 "") return ""
    offset = 0
    for (i = 1; i <= n; i++) {
      split(piece[i], p, ":")
      if (p[1] != "-") work(p[1], p[2], p[3], hash[i], "M", sprintf("%.0f", offset))
      else if (!sparse) print NR "\t" sprintf("%.0f", offset) "\t" p[3] > (T "/zeros")
      if (p[1] != "-" || !sparse) bytes += p[3]
      offset += p[3]
    }
    print NR "\t" $11 "\t" $12 "\t" sparse "\t" $2 > (T "/asm.list")
    return "M"
  }

  BEGIN {
    T = ENVIRON["T"]
    load_bytes()
    while ((getline line < (T "/prefixes")) > 0) {
      path = "/" raw(line) "/"
      while ((at = index(path, "//")) > 0) path = substr(path, 1, at) substr(path, at + 2)
      while ((at = index(path, "/./")) > 0) path = substr(path, 1, at) substr(path, at + 3)
      shown[++prefix_count] = line
      prefix[prefix_count] = length(path) > 1 ? substr(path, 2, length(path) - 2) : ""
    }
  }
  {
    kind = "-"; first = "-"
    if (NF != 19) { refuse("has " NF " fields instead of 19"); next }
    path = raw($2)
    if (bad_escape || path == "") { refuse("has a wrong escape"); next }
    slashed = "/" path "/"
    if (path != "." && (index(slashed, "//") || index(slashed, "/./") || index(slashed, "/../"))) {
      refuse("is not a plain relative path"); next
    }
    if ($1 !~ /^[fdlpbcs]$/) { refuse("has an unknown type"); next }
    if (path == "." && $1 != "d") { refuse("is not a folder"); next }
    if ($4 "" == "" || $3 !~ /^[0-7][0-7][0-7][0-7]$/ || !is_number($4, 10) || !is_number($5, 10) || !is_time($8) || !is_number($11, 16)) {
      refuse("has a wrong mode, owner, time or size"); next
    }
    if ($1 == "l") {
      goal = raw($13)
      if ($13 == "-" || bad_escape || $17 != "-") { refuse("is a wrong symbolic link"); next }
    }
    if (($1 == "b" || $1 == "c") && ($13 !~ /^[0-9]+:[0-9]+$/ || length($13) > 15)) { refuse("is a wrong device"); next }
    if ($17 != "-" && $17 !~ /^[a-z0-9:,-]+$/) { refuse("has a wrong ACL"); next }
    if ($18 != "-" && $1 == "d") { refuse("is a hard-linked folder"); next }
    if (path == "." ? NR > 1 : !place(path, $1 == "d")) {
      refuse("is out of order, or lies below something that is not a folder"); next
    }
    if (!selected(path, $1)) next
    if ($1 == "s") { sockets++; next }
    if (path == "." && ("," $19 ",") ~ /,above,/) next
    chosen++
    # An inode number can come back with another type while a backup runs: that is another object.
    group = $1 " " $18
    if ($18 != "-" && (group in group_id)) {
      print NR "\t" group_id[group] "\t" $2 "\t" group_path[group] > (T "/links")
      next
    }
    if ($1 == "f") {
      kind = content()
      if (kind == "") { refuse("has wrong pieces"); next }
    }
    if ($18 != "-") { group_id[group] = NR; group_path[group] = $2; first = "first" }
    if (!root && ($1 == "b" || $1 == "c")) fail("a device, which only root can make")
    if ($1 == "d" && ("," $19 ",") ~ /,unreadable,/) print $2 > (T "/unread")
    print NR "\t" $1 "\t" $2 "\t" $3 "\t" $4 "\t" $5 "\t" $8 "\t" $11 "\t" $13 "\t" first "\t" kind > (T "/sel")
    if ($16 != "-") print NR "\t" $2 "\t" $16 > (T "/xattrs")
    if ($17 != "-") print NR "\t" $2 "\t" $17 "\t" substr($3, 1, 1) "\t" $4 "\t" $5 > (T "/acls")
  }
  END {
    for (i = 1; i <= prefix_count; i++) if (!hit[i]) print raw(shown[i]) > (T "/unmatched")
    print chosen + 0, sprintf("%.0f", bytes), implied + 0, sockets + 0 > (T "/totals")
  }' "$T/entries" || space_or 'the entries of the snapshot could not be read'
for file in sel work links xattrs acls asm.list zeros failed.plan refused unmatched unread; do [ -f "$T/$file" ] || : >"$T/$file"; done
read -r chosen bytes implied sockets <"$T/totals" || die 1 'the entries of the snapshot could not be read'
cat "$T/failed.plan" >>"$T/failed"

if [ -s "$T/refused" ]; then
  awk -F '\t' '{ print "refused: entry " $1 " of the manifest, " ($2 == "" ? "-" : $2) ": " $3 }' "$T/refused" >&2
  worse 9
elif [ "$implied" -gt 0 ] && [ "$status" -lt 9 ]; then
  damaged "$manifest" "$implied folders have no entry of their own; they get mode 0700"
fi
while IFS= read -r line; do
  say "not in the snapshot: $line"
  worse 3
done <"$T/unmatched"
if [ -s "$T/unread" ]; then
  awk '{ print "not restored: what lies in /" $0 ": the folder could not be read when the backup was made" }' "$T/unread" >&2
  worse 3
fi
if [ "$sockets" -gt 0 ]; then say "note: $sockets sockets are noted in the snapshot and not restored; the programs that use them make them"; fi

if [ -n "$list" ]; then
  awk -F '\t' '
    { print $2 $4 "\t" $5 ":" $6 "\t" $8 "\t" $7 "\t" "/" ($3 == "." ? "" : $3) ($2 == "l" ? " -> " $9 : "") }' "$T/sel"
  awk -F '\t' '{ print "/" $3 " = /" $4 }' "$T/links"
  exit "$status"
fi

# ---- fetch contents, pack by pack ------------------------------------------------------------------------------------

sort -t "$tab" -T "$T" -k1,1 -k2,2n "$T/work" >"$T/work.sorted" || space_or 'sort failed'
rm -f "$T/work"
# One list per pack; their names in w.list, with the count of distinct members.
awk -F '\t' '
  BEGIN { T = ENVIRON["T"] }
  $1 != pack { if (pack != "") { close(out); print pack "\t" members > (T "/w.list") } pack = $1; members = 0; seen = ""; out = T "/w/" pack }
  $2 != seen { members++; seen = $2 }
  { print > out }
  END { if (pack != "") print pack "\t" members > (T "/w.list") }' "$T/work.sorted" || space_or 'no list of packs'
rm -f "$T/work.sorted"
[ -f "$T/w.list" ] || : >"$T/w.list"
packs=$(wc -l <"$T/w.list")

lose_pack() { # pack: everything that needs it fails with `why`
  damaged "$why"
  why=$why awk -F '\t' '{ print $7 "\t" $8 "\t" ENVIRON["why"] }' "$T/w/$1" >>"$T/failed"
}

if [ -n "$dry" ]; then
  while IFS=$tab read -r pack members; do
    check_object "packs/$(printf %.2s "$pack")/$pack" "$pack" || lose_pack "$pack"
  done <"$T/w.list"
  awk -F '\t' '!($1 in seen) { seen[$1] = 1; print "cannot be restored: /" $2 ": " $3 }' "$T/failed" >&2
  [ ! -s "$T/failed" ] || worse 3
  printf 'snapshot %s: %s objects, %s bytes, %s packs checked, nothing written\n' "$snapshot" "$chosen" "$bytes" "$((packs))"
  exit "$status"
fi

if [ -n "$space_check" ]; then
  largest=$(awk -F '\t' 'NR == FNR { need[$1] = 1; next } ($2 in need) && $5 + 0 > max { max = $5 + 0 } END { printf "%.0f", max }' "$T/w.list" "$T/packs.table")
  df -Pk "$T" | awk -v bytes="$bytes" -v pack="$largest" 'NR == 2 && $4 ~ /^[0-9]+$/ && $4 * 1024 < bytes + pack { exit 1 }' ||
    die 4 "$target has not enough space for $bytes bytes and one extracted pack of $largest bytes. Give a larger target" \
      "(or --no-space-check if it compresses)"
fi

# A tar stream by awk. Names, owners and times stand in pax headers; the fields of the ustar header that these override are
# filled with "x", so that the only NUL is the one in the magic. Header texts and checksums are kept per mode and type.
# shellcheck disable=SC2016
awk_tar=$awk_bytes'
  function repeat(s, n,  out) { out = ""; while (n-- > 0) out = out s; return out }
  function digits(s,  i, sum) { sum = 0; for (i = 1; i <= length(s); i++) sum += 48 + substr(s, i, 1); return sum }
  function load_tar() {
    load_bytes()
    x100 = repeat("x", 100); x64 = repeat("x", 64); x155 = repeat("x", 155); spaces = repeat(" ", 512)
    code["x"] = 120; code["0"] = 48; code["1"] = 49; code["2"] = 50; code["3"] = 51; code["4"] = 52; code["5"] = 53; code["6"] = 54
  }
  # Texts before and after the NUL of a header, in `before` and `after`.
  function header(type, mode, size, major, minor,  key, m, s, a, b, sum) {
    key = type " " mode " " size " " major " " minor
    if (!(key in head_before)) {
      m = "000" mode; s = sprintf("%011o", size); a = sprintf("%07o", major); b = sprintf("%07o", minor)
      sum = 100 * 120 + digits(m) + 32 + 2 * (7 * 48 + 32) + digits(s) + 32 + 11 * 48 + 32 + 8 * 32 + code[type] + 100 * 120
      sum += 559 + 96 + 64 * 120 + digits(a) + 32 + digits(b) + 32 + 155 * 120 + 12 * 32
      head_before[key] = x100 m " 0000000 0000000 " s " 00000000000 " sprintf("%06o", sum) "  " type x100 "ustar"
      head_after[key] = "00" x64 a " " b " " x155 substr(spaces, 1, 12)
    }
    before = head_before[key]; after = head_after[key]
  }
  # A pax record begins with its own length.
  function record(key, value,  n, len) {
    n = length(key) + length(value) + 3
    len = n + length(n "")
    if (length(len "") > length(n "")) len = n + length(len "")
    return len " " key "=" value "\n"
  }
  function member(type, mode, records, major, minor,  size) {
    size = length(records)
    header("x", "0600", size, 0, 0)
    printf "%s%c%s%s%s", before, 0, after, records, substr(spaces, 1, (512 - size % 512) % 512)
    header(type, mode, 0, major, minor)
    printf "%s%c%s", before, 0, after
  }
  function end_tar(  i) { for (i = 0; i < 1024; i++) printf "%c", 0 }
  # Arguments are escaped, as in the manifest.
  function link_member(path, to) { member("1", "0600", record("path", "./" raw(path)) record("linkpath", "./" raw(to)), 0, 0) }
'
# --no-timestamp warnings: times before 1970 and after today are what was asked for.
untar() { # folder; options
  untar_dir=$1
  shift
  tar -x -f - -C "$untar_dir" --warning=no-timestamp "$@"
}
complain() { # stderr of a tool -> named, incomplete
  # On a full disk everything after this would go wrong too, and this list could not even be written.
  case $(cat "$1") in
    *'No space left on device'* | *'Disk quota exceeded'*)
      die 1 "no space left in $target (or no room for more files). What was restored is not complete" ;;
    '')
      if is_full; then space_or; fi
      say 'not restored: some attributes; a tool failed without a word'
      worse 3 ;;
  esac
  if [ -s "$1" ]; then
    awk '{ print "not restored: " $0 }' "$1" >&2
    worse 3
  fi
}

# `place`: lines of id, place in the temporary folder, path. Gives contents their names.
hard_links=1
: >"$T/try"
ln "$T/try" "$T/try2" 2>/dev/null || hard_links=
place() {
  if [ -n "$hard_links" ]; then
    awk -F '\t' -v t="$tname" "BEGIN { load_tar() } $awk_tar"'{ link_member($3, t "/" $2) } END { end_tar() }' "$T/place" |
      untar "$target" 2>"$T/tar.err" && return
    df_free=$(df -Pk "$T" | awk 'NR == 2 { print $4 }')
    [ "${df_free:-1000}" -ge 64 ] || space_or ''
    say "$(head -n 3 "$T/tar.err")"
  fi
  # The slow way: file systems without hard links, and finding out what failed.
  while IFS=$tab read -r id from escaped; do
    path=$(printf '%b.' "$escaped")
    path=$target/${path%.}
    case $path in */*) [ -d "${path%/*}" ] || mkdir -p -- "${path%/*}" ;; esac
    [ -f "$path" ] || mv -T -- "$T/$from" "$path" || printf '%s\t%s\tit could not be written\n' "$id" "$escaped" >>"$T/failed"
  done <"$T/place"
}

while IFS=$tab read -r id size _; do
  truncate -s "$size" "$T/asm/$id" || space_or "$T can't be written"
done <"$T/asm.list"
while IFS=$tab read -r id offset length; do
  dd if=/dev/zero of="$T/asm/$id" bs=1M iflag=count_bytes count="$length" oflag=seek_bytes seek="$offset" conv=notrunc status=none || space_or "$T can't be written"
done <"$T/zeros"

number=0
while IFS=$tab read -r pack members; do
  number=$((number + 1))
  [ ! -t 2 ] || printf '\rpack %s of %s' "$number" "$((packs))" >&2
  name=packs/$(printf %.2s "$pack")/$pack
  if ! check_object "$name" "$pack"; then lose_pack "$pack"; continue; fi
  rm -rf "$T/p" "$T/c"
  mkdir "$T/p" "$T/c" || space_or "$T can't be written"
  cut -f 2 "$T/w/$pack" | uniq >"$T/members"
  # tar compares every member with every name it is given: worth it for a few only.
  if [ "$members" -le 50 ]; then set -- -T "$T/members"; else set --; fi
  plain "$name" | untar "$T/p" --no-same-owner --no-same-permissions -m "$@" 2>"$T/tar.err" || tar_failed=1
  if ! plain_ok "$name"; then lose_pack "$pack"; continue; fi
  if [ -n "${tar_failed-}" ]; then
    case $(cat "$T/tar.err") in
      *'No space left'* | *'quota exceeded'*) die 1 "no space left in $target. What was restored is not complete" ;;
    esac
    tar_failed=
  fi
  if [ -n "$(find "$T/p" -mindepth 1 '(' ! -type f -o -links +1 ')' -print | head -n 1)" ]; then
    why="$name holds something else than files"
    lose_pack "$pack"
    continue
  fi
  (cd "$T/p" && xargs sha256sum -- <"$T/members") >"$T/sums" 2>/dev/null
  rm -f "$T/runs" "$T/place"
  : >"$T/many"
  : >"$T/copies"
  : >"$T/runs"
  : >"$T/place"
  # The first file with a content gets the member itself, each further one a copy: numbered rounds of one `cp` each. Contents
  # with many copies are repeated by one `cat` into one `split`.
  awk -F '\t' -v pack="$name" '
    BEGIN { T = ENVIRON["T"] }
    part == 1 { sum[substr($0, 67)] = substr($0, 1, 64); next }
    part == 2 { users[$2] += $5 == "S" && !$6; next }
    sum[$2] != $4 {
      print $7 "\t" $8 "\tits content in " pack ", member " $2 ", is missing or damaged" > (T "/failed.pack"); next
    }
    $5 == "M" { print $7 "\t" $6 "\t" $2 "\t" $3 > (T "/runs"); next }
    {
      round = ""
      if ($6) round = "s" (++sparse[$2])
      else if (plain[$2]++) {
        if (users[$2] > 8) {
          if (plain[$2] == 2) print $2, $3, users[$2] - 1 > (T "/many")
          print $7 "\tc/m" $2 "/" sprintf("%07d", plain[$2] - 2) "\t" $8 > (T "/place")
          next
        }
        round = "n" (plain[$2] - 1)
      }
      if (round != "") print round "\t" $2 > (T "/copies")
      print $7 "\t" (round == "" ? "p/" : "c/" round "/") $2 "\t" $8 > (T "/place")
    }' part=1 "$T/sums" part=2 "$T/w/$pack" part=3 "$T/w/$pack" || space_or "$T can't be written"
  if [ -f "$T/failed.pack" ]; then
    damaged "$name" 'it holds contents that are not what the manifest says'
    cat "$T/failed.pack" >>"$T/failed"
    rm -f "$T/failed.pack"
  fi
  sort -t "$tab" -T "$T" -k1,1 -k2,2n "$T/copies" | awk -F '\t' '
    $1 != round || n >= 1000 { if (n) print round line; round = $1; line = ""; n = 0 }
    { line = line " " $2; n++ }
    END { if (n) print round line }' >"$T/rounds"
  while read -r round numbers; do
    mkdir -p "$T/c/$round"
    case $round in s*) how=always ;; *) how=auto ;; esac
    # shellcheck disable=SC2086 # numbers
    (cd "$T/p" && cp --sparse=$how -t "$T/c/$round" -- $numbers) || space_or "$T can't be written"
  done <"$T/rounds"
  while read -r member length times; do
    mkdir "$T/c/m$member"
    yes "$member" | head -n "$times" | (cd "$T/p" && xargs cat --) | split -b "$length" -d -a 7 - "$T/c/m$member/" ||
      space_or "$T can't be written"
  done <"$T/many"
  if [ -s "$T/rounds" ] || [ -s "$T/many" ]; then
    (cd "$T/c" && find . -type f -exec sha256sum -- {} +) >"$T/copy.sums"
    awk '
      part == 1 { sum[substr($0, 67)] = substr($0, 1, 64); next }
      {
        split(substr($0, 67), name, "/")
        member = substr(name[2], 1, 1) == "m" ? substr(name[2], 2) : name[3]
        if (sum[member] != substr($0, 1, 64)) exit 1
      }' part=1 "$T/sums" part=2 "$T/copy.sums" ||
      die 1 "a copy in $target is not equal to its original. Its disk or memory may be faulty: restore to another place"
  fi
  sort -t "$tab" -T "$T" -k1,1n -k2,2n "$T/runs" | awk -F '\t' '
    $1 != id || $2 != next_offset || n >= 500 { if (n) print id, start line; id = $1; start = $2; line = ""; n = 0; next_offset = $2 }
    { line = line " " $3; n++; next_offset = sprintf("%.0f", next_offset + $4) }
    END { if (n) print id, start line }' >"$T/run.list"
  while read -r id offset numbers; do
    # shellcheck disable=SC2086 # numbers
    (cd "$T/p" && cat -- $numbers) |
      dd of="$T/asm/$id" bs=1M iflag=fullblock oflag=seek_bytes seek="$offset" conv=notrunc status=none || space_or "$T can't be written"
  done <"$T/run.list"
  [ ! -s "$T/place" ] || place
done <"$T/w.list"
[ ! -t 2 ] || [ "$number" = 0 ] || printf '\n' >&2
rm -rf "$T/p" "$T/c"

# Files made of several pieces.
if [ -s "$T/asm.list" ]; then
  (cd "$T/asm" && cut -f 1 "$T/asm.list" | xargs sha256sum --) >"$T/sums" 2>/dev/null
  : >"$T/place"
  : >"$T/sparse.list"
  rm -f "$T/failed.asm"
  awk -F '\t' '
    BEGIN { T = ENVIRON["T"] }
    part == 1 { sum[substr($0, 67)] = substr($0, 1, 64); next }
    part == 2 { failed[$1] = 1; next }
    $1 in failed { next }
    sum[$1] != $3 { print $1 "\t" $5 "\tits content is not what the manifest says" > (T "/failed.asm"); next }
    $4 { print $1 > (T "/sparse.list") }
    { print $1 "\tasm/" $1 "\t" $5 > (T "/place") }' part=1 "$T/sums" part=2 "$T/failed" part=3 "$T/asm.list"
  if [ -f "$T/failed.asm" ]; then
    damaged "$manifest" 'files of several pieces are not what it says'
    cat "$T/failed.asm" >>"$T/failed"
  fi
  while read -r id; do
    cp --sparse=always -- "$T/asm/$id" "$T/asm/s" || space_or "$T can't be written"
    mv -T -- "$T/asm/s" "$T/asm/$id" || space_or "$T can't be written"
  done <"$T/sparse.list"
  [ ! -s "$T/place" ] || place
  rm -rf "$T/asm"
fi

# ---- everything but contents -----------------------------------------------------------------------------------------

if [ -n "$root" ]; then
  own='--numeric-owner --same-owner -p'
  preserve=mode,ownership,timestamps
else
  own='--no-same-owner -p'
  preserve=mode,timestamps
fi
uid=$(id -u)
gid=$(id -g)

# shellcheck disable=SC2016
awk_entry=$awk_tar'
  part == 1 { failed[$1] = 1; next }
  function attributes(path) {
    return record("path", "./" (path == "." ? "" : raw(path))) record("uid", $5) record("gid", $6) record("mtime", $7)
  }
  # Who is not root must be able to read and enter until the end; setuid is only right with the right owner.
  function mode_for(mode, type,  m, u) {
    if (root) return mode
    m = substr(mode, 1, 1); u = substr(mode, 2, 1)
    if ($5 != uid || $6 != gid) m = m % 2
    if (type == "d") u = 7
    else if (u < 4) u += 4
    return m u substr(mode, 3)
  }
'
# Links, FIFOs and devices, and the empty files that have further names. They get their attributes at once.
awk -F '\t' -v root="$root" -v uid="$uid" -v gid="$gid" "$awk_entry"'
  BEGIN { load_tar() }
  part == 2 && ($1 in failed) { next }
  part == 2 && $2 == "l" { member("2", "0777", attributes($3) record("linkpath", raw($9)), 0, 0) }
  part == 2 && $2 == "p" { member("6", $4, attributes($3), 0, 0) }
  part == 2 && ($2 == "b" || $2 == "c") { split($9, dev, ":"); member($2 == "c" ? "3" : "4", $4, attributes($3), dev[1], dev[2]) }
  part == 2 && $2 == "f" && $11 == "E" && $10 == "first" { member("0", "0600", attributes($3), 0, 0) }
  END { end_tar() }' part=1 "$T/failed" part=2 "$T/sel" |
  (
    umask 0
    # shellcheck disable=SC2086
    untar "$target" $own
  ) 2>"$T/err" || complain "$T/err"

# Further names of hard-linked files.
if [ -s "$T/links" ]; then
  awk -F '\t' 'part == 1 { if (!($1 in why)) why[$1] = $3; next } $2 in why { print $1 "\t" $3 "\t" why[$2] }' \
    part=1 "$T/failed" part=2 "$T/links" >"$T/failed.links" || space_or "$T can't be written"
  cat "$T/failed.links" >>"$T/failed" || space_or "$T can't be written"
  if [ -n "$hard_links" ]; then
    awk -F '\t' "$awk_tar"'
      BEGIN { load_tar() }
      part == 1 { failed[$1] = 1; next }
      !($1 in failed) { link_member($3, $4) }
      END { end_tar() }' part=1 "$T/failed" part=2 "$T/links" | untar "$target" 2>"$T/err" || complain "$T/err"
  else
    awk -F '\t' 'part == 1 { failed[$1] = 1; next } !($1 in failed) { print $1 "\t" $3 "\tthe target has no hard links (it is one with " $4 ")" }' \
      part=1 "$T/failed" part=2 "$T/links" >"$T/failed.links" || space_or "$T can't be written"
    cat "$T/failed.links" >>"$T/failed" || space_or "$T can't be written"
  fi
fi

# Extended attributes: security.* is lost by a later chown, user.* needs a file that may still be written.
xattrs() {
  [ -s "$T/xattrs" ] || return 0
  if ! command -v setfattr >/dev/null 2>&1; then
    say "not restored: extended attributes of $(wc -l <"$T/xattrs") objects: setfattr is missing (Debian package: attr)"
    worse 3
    return
  fi
  awk -F '\t' '
    part == 1 { failed[$1] = 1; next }
    # \0ooo -> \ooo
    function quoted(s,  out, at) {
      out = ""
      while ((at = index(s, "\\")) > 0) { out = out substr(s, 1, at) substr(s, at + 2, 3); s = substr(s, at + 5) }
      return out s
    }
    $1 in failed { next }
    {
      print "# file: ./" quoted($2)
      n = split($3, pair, ",")
      for (i = 1; i <= n; i++) {
        at = index(pair[i], "=")
        value = substr(pair[i], at + 1)
        if (at > 1 && value ~ /^0x[0-9a-fA-F]*$/) print quoted(substr(pair[i], 1, at)) (value == "0x" ? "\"\"" : value)
      }
      print ""
    }' part=1 "$T/failed" part=2 "$T/xattrs" >"$T/xattrs.dump" || space_or "$T can't be written"
  (cd -- "$target" && setfattr -h --restore="$T/xattrs.dump") 2>"$T/err" || complain "$T/err"
}
[ -n "$root" ] || xattrs

# The skeleton: folders and files with all attributes and no content.
mkdir "$T/sk" || space_or "$T can't be written"
awk -F '\t' -v root="$root" -v uid="$uid" -v gid="$gid" "$awk_entry"'
  BEGIN { load_tar() }
  part == 2 && ($2 == "d" || $2 == "f") && !($1 in failed) {
    member($2 == "d" ? "5" : "0", mode_for($4, $2), attributes($3), 0, 0)
  }
  END { end_tar() }' part=1 "$T/failed" part=2 "$T/sel" >"$T/sk.tar" || space_or "$T can't be written"
top=$(awk -F '\t' '$3 == "." { print $7; exit }' "$T/sel")
(
  umask 0
  # shellcheck disable=SC2086
  untar "$T/sk" $own <"$T/sk.tar"
) 2>"$T/err" || complain "$T/err"
rm -f "$T/sk.tar"
if [ -z "$top" ]; then
  chmod --reference="$target" -- "$T/sk"
  [ -z "$root" ] || chown --reference="$target" -- "$T/sk"
  touch -r "$target" -- "$T/sk"
fi
cp -R -P --attributes-only --preserve=$preserve -- "$T/sk/." "$target/" 2>"$T/err" || complain "$T/err"
rm -rf "$T/sk"
[ -z "$root" ] || xattrs

if [ -s "$T/acls" ]; then
  if command -v setfacl >/dev/null 2>&1; then
    tac "$T/acls" >"$T/acls.reversed" || space_or "$T can't be written"
    # setfacl takes setuid, setgid and sticky away from what has no "flags" here. A foreign owner's setuid is not given to a copy of ours.
    awk -F '\t' -v root="$root" -v uid="$uid" -v gid="$gid" '
      part == 1 { failed[$1] = 1; next }
      function quoted(s,  out, at) {
        out = ""
        while ((at = index(s, "\\")) > 0) { out = out substr(s, 1, at) substr(s, at + 2, 3); s = substr(s, at + 5) }
        return out s
      }
      $1 in failed { next }
      {
        print "# file: ./" quoted($2)
        m = $4; if (root == "" && ($5 != uid || $6 != gid)) m = m % 2
        if (m > 0) print "# flags: " (m >= 4 ? "s" : "-") (m % 4 >= 2 ? "s" : "-") (m % 2 ? "t" : "-")
        n = split($3, rule, ","); for (i = 1; i <= n; i++) print rule[i]; print ""
      }' \
      part=1 "$T/failed" part=2 "$T/acls.reversed" >"$T/acls.dump" || space_or "$T can't be written"
    (cd -- "$target" && setfacl --restore="$T/acls.dump") 2>"$T/err" || complain "$T/err"
  else
    say "not restored: ACLs of $(wc -l <"$T/acls") objects: setfacl is missing (Debian package: acl)"
    worse 3
  fi
fi

if [ -z "$root" ]; then
  # Modes that would have locked us out until now, deepest first.
  tac "$T/sel" >"$T/sel.reversed" || space_or "$T can't be written"
  awk -F '\t' -v uid="$uid" -v gid="$gid" '
    part == 1 { failed[$1] = 1; next }
    part == 2 { failed[$1] = 1; next }
    $1 in failed { next }
    { u = substr($4, 2, 1); m = substr($4, 1, 1); if ($5 != uid || $6 != gid) m = m % 2 }
    ($2 == "d" && u != 7) || ($2 == "f" && u < 4) { print m substr($4, 2) "\t" $3 }' \
    part=1 "$T/failed" part=2 "$T/acls" part=3 "$T/sel.reversed" >"$T/modes" || space_or "$T can't be written"
  while IFS=$tab read -r mode path; do
    path=$(printf '%b.' "$path")
    chmod -- "$mode" "$target/${path%.}" || worse 3
  done <"$T/modes"
  foreign=$(awk -F '\t' -v uid="$uid" -v gid="$gid" '$5 != uid || $6 != gid { n++ } END { print n + 0 }' "$T/sel")
  if [ "$foreign" -gt 0 ]; then
    say "not restored: owners of $foreign objects (and their setuid and setgid bits): only root can give files away"
    worse 3
  fi
fi

# ---- report ----------------------------------------------------------------------------------------------------------

if [ -s "$T/failed" ]; then
  awk -F '\t' '!($1 in seen) { seen[$1] = 1; print "not restored: /" $2 ": " $3 }' "$T/failed" >&2
  worse 3
fi
lost=$(cut -f 1 "$T/failed" | sort -u | wc -l)
rm -rf -- "$T"
[ -z "$top" ] || touch -d "@$top" -- "$target" 2>/dev/null || :
sync -f "$target" 2>/dev/null || sync
printf 'snapshot %s: %s of %s objects restored to %s\n' "$snapshot" "$((chosen - lost))" "$chosen" "$target"
exit "$status"
