/** Tells what a host demands of passwords and second factors: settings by file, lines of PAM, settings of sshd, and ages of accounts. */
export const policyScript = `
[ "$(id -u)" = 0 ] || stop needs-root
defs=/etc/login.defs
[ -e "$defs" ] || defs=/usr/etc/login.defs
[ ! -r "$defs" ] || while read -r key value rest; do
  case $key in PASS_MAX_DAYS | PASS_MIN_DAYS | PASS_WARN_AGE | PASS_MIN_LEN) printf 'defs %s %s\\n' "$key" "$value" ;; esac
done <"$defs"
settings() { grep -v '^[[:space:]]*\\(#\\|$\\)' "$2" | head -n 200 | sed "s/^/$1 /"; }
set +f
for file in /etc/security/pwquality.conf.d/*.conf /etc/security/pwquality.conf; do [ ! -r "$file" ] || settings quality "$file"; done
set -f
[ ! -r /etc/security/faillock.conf ] || settings faillock /etc/security/faillock.conf
[ ! -r /etc/security/pwhistory.conf ] || settings history /etc/security/pwhistory.conf
for name in common-password common-auth system-auth password-auth base-password base-auth passwd sshd login sudo; do
  for file in "/etc/pam.d/$name" "/usr/etc/pam.d/$name" "/usr/lib/pam.d/$name"; do [ ! -e "$file" ] || break; done
  [ -r "$file" ] || continue
  grep -E '^[^#]*pam_(pwquality|cracklib|passwdqc|faillock|tally2?|unix|pwhistory|google_authenticator|u2f|oath|yubico|duo|radius|sss)' "$file" |
    head -n 50 | sed "s|^|pam $file |"
done
if has sshd; then
  { sshd -T 2>/dev/null || sshd -T -C user=root,host=localhost,addr=127.0.0.1 2>/dev/null; } |
    grep -E -i '^(passwordauthentication|kbdinteractiveauthentication|challengeresponseauthentication|authenticationmethods|pubkeyauthentication|usepam|permitrootlogin) ' |
    sed 's/^/sshd /'
fi
while IFS=: read -r name password uid rest || [ -n "$name" ]; do printf 'uid %s %s\\n' "$uid" "$name"; done </etc/passwd
[ ! -r /etc/shadow ] || while IFS=: read -r name password changed least most rest || [ -n "$name" ]; do
  case $password in '' | '!'* | '*'*) ;; *) printf 'age %s:%s:%s\\n' "$name" "$least" "$most" ;; esac
done </etc/shadow
password=`;
