#!/bin/bash
# Starts one monitor, manager, object store (in memory) and S3 gateway of Ceph in DIR.
# Usage: radosgw.sh DIR MON_PORT MON_V1_PORT S3_PORT ACCESS_KEY SECRET_KEY; pid files lie in DIR.
set -euo pipefail
dir=$1 mon=$2 mon1=$3 port=$4 access=$5 secret=$6
# The daemons must not keep the caller's pipes open.
exec >"$dir/start.log" 2>&1 </dev/null
mkdir -p "$dir"/{mon,mgr,osd,rgw,log,sock}
export CEPH_CONF=$dir/ceph.conf
fsid=$(cat /proc/sys/kernel/random/uuid)
cat >"$CEPH_CONF" <<C
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$mon,v1:127.0.0.1:$mon1]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
public network = 127.0.0.0/8
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
mon allow pool size one = true
osd crush chooseleaf type = 0
mon max pg per osd = 1000
osd objectstore = memstore
memstore device bytes = 4294967296
log file = $dir/log/\$name.log
admin socket = $dir/sock/\$name.asok
pid file = $dir/\$name.pid
run dir = $dir
keyring = $dir/keyring
ms bind ipv4 = true
mgr initial modules =
[mon.a]
mon data = $dir/mon/a
mon addr = 127.0.0.1
[mgr.x]
mgr data = $dir/mgr/x
[osd.0]
osd data = $dir/osd/0
[client.rgw.a]
rgw data = $dir/rgw/a
rgw frontends = beast endpoint=127.0.0.1:$port
rgw thread pool size = 32
rgw dns name = localhost
keyring = $dir/keyring
C
mkdir -p "$dir"/mon/a "$dir"/mgr/x "$dir"/osd/0 "$dir"/rgw/a
key() { ceph-authtool "$@" >/dev/null; }
key --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *'
key "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
key "$dir/keyring" --gen-key -n mgr.x --cap mon 'allow profile mgr' --cap osd 'allow *'
key "$dir/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap mgr 'allow profile osd' --cap osd 'allow *'
key "$dir/keyring" --gen-key -n client.rgw.a --cap mon 'allow rw' --cap osd 'allow rwx' --cap mgr 'allow rw'
monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon,v1:127.0.0.1:$mon1]" "$dir/monmap"
ceph-mon -i a --mkfs --monmap "$dir/monmap" --keyring "$dir/keyring"
ceph-mon -i a
# Each waits for the one before it, with an end.
await() { local n=$1; shift; for _ in $(seq "$n"); do "$@" && return 0; sleep 0.2; done; echo "gave up: $*"; return 1; }
await 100 ceph --connect-timeout 2 mon stat
ceph-mgr -i x
osd=$(cat /proc/sys/kernel/random/uuid)
ceph osd new "$osd" 0
ceph-osd -i 0 --mkfs --osd-uuid "$osd"
ceph-osd -i 0
osd_up() { [[ $(ceph osd stat) == *'1 up'* ]]; }
await 150 osd_up
ceph osd crush set 0 1.0 root=default host=localhost || true
radosgw -n client.rgw.a
gateway_up() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
await 300 gateway_up
radosgw-admin user create --uid=test --display-name=test --access-key="$access" --secret-key="$secret" >/dev/null
