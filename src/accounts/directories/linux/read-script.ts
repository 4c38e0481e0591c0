import { sudoersWalk } from '../../../core/sudoers-files.ts';

/**
 * Tells the accounts of a host, one fact a line: `passwd`, `group` as they stand; `shadow NAME:KIND:LOCKED:...` with what kind of password
 * it is, never the hash; sudoers files; when accounts were last used, by each log that there is; users of running services; who oaops is.
 * Words: a login for everything about this one, or an empty one.
 */
const common = `
login=$1
[ -r /etc/passwd ] || stop "unreadable /etc/passwd"
printf 'now %s\\n' "$(date +%s 2>/dev/null)"
[ -r /etc/shadow ] || [ ! -e /etc/shadow ] || stop "unreadable /etc/shadow"
[ "$(id -u)" = 0 ] || stop needs-root
for name in "$(id -un 2>/dev/null)" "$SUDO_USER" "$DOAS_USER" "$(logname 2>/dev/null)"; do
  [ -z "$name" ] || printf 'me %s\\n' "$name"
done
for tool in usermod gpasswd userdel useradd chage; do has "$tool" || printf 'lacks %s\\n' "$tool"; done
sed 's/^/passwd /' /etc/passwd || stop "unreadable /etc/passwd"
echo
[ ! -r /etc/group ] || sed 's/^/group /' /etc/group
echo
[ ! -e /etc/shadow ] || while IFS=: read -r name password changed least most warn inactive expires rest || [ -n "$name" ]; do
  locked=0
  case $password in '!'*) locked=1 ;; esac
  case $password in
    '') kind=empty ;;
    '!' | '!!' | '*'* | '!*'* | '!!*'*) kind=none ;;
    '!'*) kind=locked ;;
    *) kind=password ;;
  esac
  printf 'shadow %s:%s:%s:%s:%s:%s:%s:%s:%s\\n' "$name" "$kind" "$locked" "$changed" "$least" "$most" "$warn" "$inactive" "$expires"
done </etc/shadow
password=
tell_sudoers() {
  main=
  for file in /etc/sudoers /usr/local/etc/sudoers; do [ -e "$file" ] && { main=$file; break; }; done
  [ -n "$main" ] || return 0
${sudoersWalk}
}
(tell_sudoers)
if has systemctl; then
  systemctl list-units --type=service --state=running --plain --no-legend 2>/dev/null | while read -r unit rest; do
    case $unit in user@*) continue ;; esac
    user=$(systemctl show -p User "$unit" 2>/dev/null)
    user=\${user#User=}
    [ -z "$user" ] || printf 'unit %s %s\\n' "$unit" "$user"
  done
fi
birth() { printf 'begins %s %s\\n' "$1" "$(stat -c %W "$2" 2>/dev/null)"; }
firsts() { if has awk; then awk '!seen[$1]++'; else cat; fi; }
if has lastlog2; then
  lastlog2 2>/dev/null | sed 's/^/lastlog2 /'
  birth lastlog2 /var/lib/lastlog/lastlog2.db
fi
if has wtmpdb; then wtmpdb last -w -F 2>/dev/null | firsts | sed 's/^/wtmpdb /'; fi
if [ -f /var/log/lastlog ] && has lastlog; then
  lastlog 2>/dev/null | sed 's/^/lastlog /'
  birth lastlog /var/log/lastlog
fi
if has last; then
  for file in /var/log/wtmp /var/log/wtmp.1; do
    [ ! -f "$file" ] || last -w -F -f "$file" 2>/dev/null | firsts | sed 's/^/wtmp /'
  done
fi
if has journalctl && has timeout; then
  only() {
    if [ -n "$login" ]; then
      while read -r word at who; do [ "$who" != "$login" ] || { printf '%s %s %s\\n' "$word" "$at" "$who"; break; }; done
    elif has awk; then awk '!seen[$3]++'
    else cat
    fi
  }
  timeout 20 journalctl -q --no-pager -r -o short-unix _UID=0 MESSAGE_ID=8d45620c1a4348dbb17410da57c60c66 + _UID=0 SYSLOG_IDENTIFIER=sshd + _UID=0 SYSLOG_IDENTIFIER=sshd-session 2>/dev/null |
    sed -n -e 's/^\\([0-9]*\\)\\.[0-9]* .*: New session [^ ]* of user \\(.*\\)\\.$/journal \\1 \\2/p' -e 's/^\\([0-9]*\\)\\.[0-9]* .*: Accepted [^ ]* for \\([^ ]*\\) from .*$/journal \\1 \\2/p' | only
fi
`;

/** Keys, jobs and held files of one account. */
const ofOne = `
uid= home=
while IFS=: read -r name password id gid comment place shell || [ -n "$name" ]; do
  [ "$name" = "$login" ] && { uid=$id home=$place; break; }
done </etc/passwd
password=
sum() { set -- $(sha256sum <"$1" 2>/dev/null); printf '%s' "\${1:-}"; }
expand() {
  out= rest=$1
  while :; do
    case $rest in
      *%*)
        out=$out\${rest%%\\%*}
        rest=\${rest#*\\%}
        case $rest in
          u*) out=$out$login rest=\${rest#u} ;;
          h*) out=$out$home rest=\${rest#h} ;;
          U*) out=$out$uid rest=\${rest#U} ;;
          %*) out=$out% rest=\${rest#%} ;;
          *) out=$out% ;;
        esac
        ;;
      *) break ;;
    esac
  done
  path=$out$rest
  case $path in /*) ;; *) path=$home/$path ;; esac
}
# Another account that logs in by the same file: two have one home, or a link leads there.
sharer() {
  its=$path its_login=$login its_home=$home its_uid=$uid who=
  while IFS=: read -r login password uid gid comment home shell || [ -n "$login" ]; do
    [ "$login" != "$its_login" ] || continue
    case $login in '' | [+#-]*) continue ;; esac
    expand "$file"
    if [ "$path" = "$its" ] || [ "$path" -ef "$its" ]; then who=$login; break; fi
  done </etc/passwd
  path=$its login=$its_login home=$its_home uid=$its_uid
}
kind() {
  if [ -h "$1" ]; then echo link
  elif [ -f "$1" ]; then echo file
  else echo other
  fi
}
if [ -n "$uid" ]; then
  files=
  case $login in *[,=]*) ;; *)
    has sshd && while read -r key value; do
      case $key in
        authorizedkeysfile) files=$value ;;
        authorizedkeyscommand) [ "$value" = none ] || printf 'keycommand %s\\n' "$value" ;;
      esac
    done <<END
$(sshd -T -C "user=$login,host=localhost,addr=127.0.0.1" 2>/dev/null)
END
  ;; esac
  [ -n "$files" ] || files='.ssh/authorized_keys .ssh/authorized_keys2'
  for file in $files; do
    [ "$file" != none ] || continue
    case $file in *%[uhU]*) own=own ;; /*) own=shared ;; *) own=own ;; esac
    expand "$file"
    folder=\${path%/*}
    through=
    case $path in "$home"/*) [ ! -h "$folder" ] || through=link ;; esac
    if [ -e "$path" ] || [ -h "$path" ]; then
      [ "$own" = shared ] || { sharer; [ -z "$who" ] || own=also=$who; }
      printf 'key %s %s %s %s\\n' "$own" "\${through:-$(kind "$path")}" "$(sum "$path")" "$path"
    fi
  done
  for folder in /var/spool/cron/crontabs /var/spool/cron/tabs /var/spool/cron; do
    [ -f "$folder/$login" ] && [ ! -h "$folder/$login" ] && { printf 'crontab %s %s\\n' "$(sum "$folder/$login")" "$folder/$login"; break; }
  done
  for folder in /var/spool/cron/atjobs /var/spool/at /var/spool/atjobs; do
    [ -d "$folder" ] && find "$folder" -maxdepth 1 -type f -user "$uid" -name '[a-zA-Z=]*' 2>/dev/null |
      while read -r file; do printf 'at %s %s\\n' "$(sum "$file")" "$file"; done
  done
  [ ! -r /etc/gshadow ] || while IFS=: read -r name password admins members || [ -n "$name" ]; do
    [ -z "$admins" ] || printf 'admin %s:%s\\n' "$name" "$admins"
  done </etc/gshadow
  password=
  for kind in uid gid; do
    [ -r "/etc/sub$kind" ] || continue
    printf 'subids %s\\n' "$kind"
    while IFS=: read -r name first count || [ -n "$name" ]; do
      [ "$name" != "$login" ] || printf 'subid %s %s %s\\n' "$kind" "$first" "$count"
    done <"/etc/sub$kind"
  done
  [ ! -e "/var/lib/systemd/linger/$login" ] || echo 'linger 1'
  set +f
  for file in /etc/crontab /etc/cron.d/*; do
    [ -f "$file" ] || continue
    number=0
    while read -r a b c d e who rest || [ -n "$a" ]; do
      number=$((number + 1))
      case $a in '#'*) continue ;; @*) who=$b ;; esac
      [ "$who" != "$login" ] || printf 'cronline %s:%s\\n' "$file" "$number"
    done <"$file"
  done
  set -f
fi
`;

export const readScript = common;
export const lookScript = `
case $1 in */* | . | .. | '') stop strange-login ;; esac
${common}${ofOne}`;
