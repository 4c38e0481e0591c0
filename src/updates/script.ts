/** A foreign package manager can be installed beside the own one: the database of packages decides. */
const findManager = `here() { command -v "$1" >/dev/null 2>&1; }
find_manager() {
  if [ -n "$manager" ]; then echo "$manager"
  elif [ -s /var/lib/dpkg/status ] && here apt-get; then echo apt
  elif [ -d /etc/zypp ] && here zypper; then echo zypper
  elif here dnf; then echo dnf
  elif here yum; then echo yum
  elif here zypper; then echo zypper
  fi
}`;

/**
 * Runs on the host by /bin/sh in one go, so that a check is one round trip. `$1` is a mark that stands before and after the
 * output of each question, on stdout and stderr; `$2` names the package manager, or is empty to find it. Reads only: -s, -C and
 * --no-refresh keep the package managers from fetching lists; needs nothing but the package manager and the tools that come with it.
 */
export const checkScript = `
set -f
mark=$1 manager=$2
LC_ALL=C LANGUAGE=C
export LC_ALL LANGUAGE
PATH=\${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin:/usr/bin:/bin
export PATH
part() {
  part=$1
  shift
  printf '%s begin %s\\n' "$mark" "$part"
  printf '%s begin %s\\n' "$mark" "$part" >&2
  out=$("$@" </dev/null)
  code=$?
  printf '%s\\n%s end %s %s\\n' "$out" "$mark" "$part" "$code"
  return "$code"
}
newest() {
  set +f
  for pattern; do
    for file in $pattern; do
      [ -e "$file" ] && stat -c %Y "$file"
    done
  done
  set -f
}
${findManager}
apt_lists() {
  set +f
  for file in /var/lib/apt/lists/*_Packages*; do
    [ -e "$file" ] && { echo yes; break; }
  done
  set -f
}
apt_holds() { dpkg-query -W -f '\${db:Status-Want} \${Package}\\n' | sed -n 's/^hold //p'; }
apt_reboot() {
  if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then echo needed; return; fi
  for hook in /etc/kernel/postinst.d/unattended-upgrades /etc/kernel/postinst.d/update-notifier /usr/share/update-notifier/notify-reboot-required; do
    if [ -e "$hook" ]; then echo not-needed; return; fi
  done
  echo unknown
}
part manager find_manager
manager=$out
part now date +%s
program=$manager
[ "$manager" != apt ] || program=apt-get
part program here "$program" || manager=
case $manager in
apt)
  part lists apt_lists
  part stamps newest /var/lib/apt/periodic/update-success-stamp /var/lib/apt/lists/partial
  part updates apt-get -s -q --ignore-hold -o APT::Get::Show-User-Simulation-Note=no dist-upgrade
  names=$(printf '%s\\n' "$out" | sed -n -e 's/^Inst \\([^ ]*\\) .*/\\1/p' -e '/^The following packages have been kept back/,/^[^ ]/s/^  *//p' -e '/^The following upgrades have been deferred/,/^[^ ]/s/^  *//p')
  [ -z "$names" ] || part policy apt-cache policy $names
  part locks apt_holds
  part reboot apt_reboot
  ;;
dnf | yum)
  part stamps newest '/var/cache/dnf/*/repodata/repomd.xml' '/var/cache/libdnf5/*/repodata/repomd.xml' '/var/cache/yum/*/repomd.xml' '/var/cache/yum/*/*/repomd.xml' '/var/cache/yum/*/*/*/repomd.xml'
  part updates "$manager" -C -q check-update
  part advisories "$manager" -C -q updateinfo list
  if [ "$manager" = dnf ]; then part cves dnf -C -q updateinfo list --with-cve
  else part cves yum -C -q updateinfo list cves
  fi
  part installed rpm -qa --qf '%{NAME}.%{ARCH} %{EVR}\\n'
  part locks "$manager" -C -q versionlock list
  if [ "$manager" = dnf ]; then part reboot dnf -C needs-restarting -r
  else part reboot needs-restarting -r
  fi
  ;;
zypper)
  part stamps newest '/var/cache/zypp/raw/*/cookie' '/var/cache/zypp/raw/*/repodata/repomd.xml'
  part updates zypper --xmlout --non-interactive --no-refresh list-updates
  part patches zypper --xmlout --non-interactive --no-refresh list-patches
  part cves zypper --xmlout --non-interactive --no-refresh list-patches --cve
  part locks zypper --xmlout --non-interactive --no-refresh locks
  part reboot zypper --non-interactive --no-refresh needs-rebooting
  ;;
esac
exit 0
`;

/** Fetches the package lists anew; `$1` as `$2` above. apt tells of a source that could not be read only when it is asked to. */
export const refreshScript = `
LC_ALL=C
export LC_ALL
PATH=\${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin:/usr/bin:/bin
export PATH
manager=$1
${findManager}
manager=$(find_manager)
case $manager in
apt) exec apt-get -q -o APT::Update::Error-Mode=any update </dev/null ;;
dnf) exec dnf -q --refresh makecache </dev/null ;;
yum) yum -q clean expire-cache </dev/null && exec yum -q makecache fast </dev/null ;;
zypper) exec zypper --non-interactive refresh </dev/null ;;
*) echo "there is no package manager" >&2; exit 1 ;;
esac
`;
