/** Outputs of package managers as their manuals and sources write them, cut down to what matters. */

/** apt 2.6: an update of the security suite, one of a point release, a new dependency, a held and a kept-back package. */
export const aptSimulate = `Reading package lists...
Building dependency tree...
Reading state information...
Calculating upgrade...
The following NEW packages will be installed:
  linux-image-6.1.0-40-amd64
The following packages have been kept back:
  docker-ce
The following packages will be upgraded:
  base-files libssl3:i386 linux-image-amd64 tzdata
4 upgraded, 1 newly installed, 0 to remove and 1 not upgraded.
Inst base-files [12.4+deb12u9] (12.4+deb12u12 Debian:12.12/oldstable [amd64])
Conf base-files (12.4+deb12u12 Debian:12.12/oldstable [amd64])
Inst libssl3:i386 [3.0.15-1~deb12u1] (3.0.17-1~deb12u2 Debian:12.12/oldstable [i386])
Inst linux-image-6.1.0-40-amd64 (6.1.153-1 Debian:12.12/oldstable, Debian-Security:12/oldstable-security [amd64]) []
Inst linux-image-amd64 [6.1.129-1] (6.1.153-1 Debian:12.12/oldstable, Debian-Security:12/oldstable-security [amd64])
Inst tzdata [2025a-0+deb12u1] (2025b-0+deb12u2 Debian:12-updates/oldstable-updates [all])
Conf libssl3:i386 (3.0.17-1~deb12u2 Debian:12.12/oldstable [i386])
`;
/** The fix of libssl3 came by the security suite first, and the point release took it up. */
export const aptPolicy = `base-files:
  Installed: 12.4+deb12u9
  Candidate: 12.4+deb12u12
  Version table:
     12.4+deb12u12 500
        500 http://deb.debian.org/debian bookworm/main amd64 Packages
 *** 12.4+deb12u9 100
        100 /var/lib/dpkg/status
libssl3:i386:
  Installed: 3.0.15-1~deb12u1
  Candidate: 3.0.17-1~deb12u2
  Version table:
     3.0.17-1~deb12u2 500
        500 http://deb.debian.org/debian bookworm/main i386 Packages
     3.0.16-1~deb12u1 500
        500 http://deb.debian.org/debian-security bookworm-security/main i386 Packages
 *** 3.0.15-1~deb12u1 100
        100 /var/lib/dpkg/status
tzdata:
  Installed: 2025a-0+deb12u1
  Candidate: 2025b-0+deb12u2
  Version table:
     2025b-0+deb12u2 500
        500 http://deb.debian.org/debian bookworm-updates/main amd64 Packages
 *** 2025a-0+deb12u1 100
        100 /var/lib/dpkg/status
     2024b-0+deb12u1 500
        500 http://deb.debian.org/debian-security bookworm-security/main amd64 Packages
`;
export const aptNothing = `Reading package lists...
Calculating upgrade...
0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.
`;

/** dnf 4 on RHEL 9: exit code 100. A long name breaks its line; the obsoleting packages are told twice. */
export const dnfUpdates = `
bash.x86_64                          5.1.8-9.el9                    baseos
glibc.x86_64                         2.34-60.el9_2.9                baseos
kernel-core.x86_64                   5.14.0-284.30.1.el9_2          baseos
python3-some-library-with-a-very-long-name.noarch
                                     1:2.3-4.el9                    appstream
Obsoleting Packages
grub2-tools.x86_64                   1:2.06-61.el9                  baseos
    grub2-tools.x86_64               1:2.06-46.el9                  @System
`;
/** Two advisories of glibc: the graver one counts. */
export const dnfAdvisories = `RHBA-2023:3720 bugfix         bash-5.1.8-9.el9.x86_64
RHSA-2023:5453 Important/Sec. glibc-2.34-60.el9_2.7.x86_64
RHSA-2023:6000 Moderate/Sec.  glibc-2.34-60.el9_2.9.x86_64
RHSA-2023:5069 Critical/Sec.  kernel-core-5.14.0-284.30.1.el9_2.x86_64
`;
export const dnfCves = `CVE-2023-4911  Important/Sec. glibc-2.34-60.el9_2.7.x86_64
CVE-2023-4527  Moderate/Sec.  glibc-2.34-60.el9_2.9.x86_64
`;
export const dnfInstalled = `bash.x86_64 5.1.8-6.el9
glibc.x86_64 2.34-60.el9
kernel-core.x86_64 5.14.0-284.11.1.el9_2
gpg-pubkey.(none) fd431d51-4ae0493b
`;
export const dnfLocks = `nginx-1:1.20.1-14.el9.*
`;
export const dnfReboot = `Core libraries or services have been updated since boot-up:
  * glibc

Reboot is required to fully utilize these updates.
More information: https://access.redhat.com/solutions/27943
`;

/** dnf 5 on Fedora: advisories as a table. */
export const dnf5Updates = `openssl-libs.x86_64   1:3.2.2-3.fc41   updates
vim-minimal.x86_64    2:9.1.825-1.fc41 updates
`;
export const dnf5Advisories = `Name                   Type        Severity                              Package              Issued
FEDORA-2024-b85b97c0e9 security    Moderate        openssl-libs-3.2.2-3.fc41.x86_64 2024-10-19 01:32:15
FEDORA-2024-1111111111 enhancement None             vim-minimal-9.1.825-1.fc41.x86_64 2024-11-01 01:00:00
`;

/** yum 3 on CentOS 7, whose repositories have no advisories. */
export const yumUpdates = `
wget.x86_64                         1.14-18.el7_6.1                     updates
`;
export const yumReboot = `No core libraries or services have been updated.
Reboot is probably not necessary.
`;

export const zypperUpdates = `<?xml version='1.0'?>
<stream>
<message type="info">Loading repository data...</message>
<message type="info">Reading installed packages...</message>
<update-status version="0.6">
<update-list>
  <update kind="package" name="bash" edition="4.4-150400.27.3.2" arch="x86_64" edition-old="4.4-150400.25.22"><summary>The GNU Bourne &amp; Again Shell</summary><description>Bash is &lt;the&gt; shell.</description><license></license><source url="http://download.example.com/sle" alias="SLE-Updates"/></update>
  <update kind="package" name="libopenssl1_1" edition="1.1.1l-150500.17.15.1" arch="x86_64" edition-old="1.1.1l-150500.15.4"><summary>Secure Sockets</summary><description></description><license></license><source url="http://download.example.com/sle" alias="SLE-Updates"/></update>
</update-list>
</update-status>
</stream>
`;
export const zypperPatches = `<?xml version='1.0'?>
<stream>
<update-status version="0.6">
<update-list>
  <update name="SUSE-SLE-Module-Basesystem-15-SP5-2023-3958" edition="1" arch="noarch" status="needed" category="security" severity="important" pkgmanager="false" restart="false" interactive="false" kind="patch"><summary>Security update for openssl</summary><description>fixes &quot;it&quot;</description><license/><source url="http://download.example.com/sle" alias="SLE-Updates"/><issue-list><issue type="bugzilla" id="1213853"/><issue type="cve" id="CVE-2023-3817"/></issue-list></update>
  <update name="SUSE-SLE-Module-Basesystem-15-SP5-2023-4000" edition="1" arch="noarch" status="needed" category="recommended" severity="moderate" pkgmanager="false" restart="false" interactive="false" kind="patch"><summary>Recommended update for bash</summary><description/><license/><source url="http://download.example.com/sle" alias="SLE-Updates"/></update>
</update-list>
</update-status>
</stream>
`;
export const zypperNothing = `<?xml version='1.0'?>
<stream>
<update-status version="0.6">
<update-list>
</update-list>
</update-status>
</stream>
`;
export const zypperLocks = `<?xml version='1.0'?>
<stream>
<locks size="1">
<lock number="1">
<name>nginx</name>
<type>package</type>
</lock>
</locks>
</stream>
`;

export const npmOutdated = JSON.stringify({
  lodash: {
    current: '4.17.0',
    wanted: '4.17.21',
    latest: '4.17.21',
    dependent: 'oa',
    location: '/srv/oa/node_modules/lodash',
  },
  left: [{ wanted: '1.0.1', latest: '2.0.0', dependent: 'a' }],
});
export const pipOutdated = JSON.stringify([
  { name: 'requests', version: '2.28.1', latest_version: '2.32.3', latest_filetype: 'wheel' },
]);
