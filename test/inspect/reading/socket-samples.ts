/** What the probe of sockets prints: by ss of Debian, by that of CentOS 7, and without ss. */
export const debian = `
range 32768 60999
source ss
Netid State  Recv-Q Send-Q   Local Address:Port  Peer Address:PortProcess
udp   UNCONN 0      0              0.0.0.0:68         0.0.0.0:*    users:(("dhclient",pid=5,fd=6))
udp   UNCONN 0      0        127.0.0.53%lo:53         0.0.0.0:*
udp   UNCONN 0      0              0.0.0.0:41234      0.0.0.0:*    users:(("chronyd",pid=9,fd=7))
tcp   LISTEN 0      128            0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=32756,fd=3))
tcp   LISTEN 0      128               [::]:22            [::]:*    users:(("sshd",pid=32756,fd=4))
tcp   LISTEN 0      511                  *:80               *:*    users:(("nginx",pid=7,fd=6),("nginx",pid=8,fd=6))
tcp   LISTEN 0      80       [::ffff:127.0.0.1]:8005    *:*
tcp   LISTEN 0      80           127.0.0.1:3306       0.0.0.0:*`;
export const centos7 = `
range 32768	60999
source ss
Netid  State      Recv-Q Send-Q Local Address:Port               Peer Address:Port
tcp    LISTEN     0      128       *:22                    *:*                   users:(("sshd",pid=1021,fd=3))
tcp    LISTEN     0      128      :::22                   :::*                   users:(("sshd",pid=1021,fd=4))
tcp    LISTEN     0      100     ::1:25                   :::*`;
export const proc = `
range 32768	60999
source proc
order 0201
file tcp
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000
   1: 00000000:0016 00000000:0000 0A 00000000:00000000
file tcp6
   0: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 000080FE00000000FF00A2BD01000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000
   2: 0000000000000000FFFF00000100007F:1F45 00000000000000000000000000000000:0000 0A 00000000:00000000
file udp
   9: 00000000:0044 00000000:0000 07 00000000:00000000`;

/** What no host says of its sockets. */
export const notSockets = [
  '',
  'source ss',
  'source ss\nnetlink: no',
  'source ss\nNetid State x\ntcp nonsense',
  'source proc\norder 0000\nfile tcp',
];
