#!/usr/bin/env bash
# A real S3 server for tests, benchmarks and trying things out: the RADOS
# Gateway of Ceph, alone on this machine, with its data in memory.
#
#   scripts/s3-server.sh start   start it if need be; prints how to reach it as VARIABLE=value
#   scripts/s3-server.sh stop    stop it and forget its data
#   scripts/s3-server.sh status  prints the same as start; exit 3 when it is down
#
# Where S3_ENDPOINT is set, that server is taken and nothing is started. Where
# the gateway is not installed, it is, if this is Debian or Ubuntu and we are
# root. Exit 4: there is none to be had here.
#
# A server that is up is used by everybody on this machine, so users make
# buckets of their own. MAYFLY_S3_PORT (default 9480) moves it; the 20 ports
# after it are taken as well.
set -euo pipefail

port=${MAYFLY_S3_PORT:-9480}
home=${TMPDIR:-/tmp}/mayfly-s3-$(id -u)-$port
conf=$home/ceph.conf
key_id=mayflytestkey
secret=mayfly-test-secret-that-guards-nothing
packages=(radosgw ceph-mon ceph-osd ceph-common)
programs=(ceph-mon ceph-osd radosgw radosgw-admin ceph monmaptool)

tell() { echo "s3-server: $*" >&2; }

settings() {
  printf '%s\n' "S3_ENDPOINT=http://127.0.0.1:$port" "S3_REGION=us-east-1" \
    "S3_ACCESS_KEY_ID=$key_id" "S3_SECRET_ACCESS_KEY=$secret"
}

installed() {
  local program
  for program in "${programs[@]}"; do command -v "$program" >/dev/null || return 1; done
}

install_gateway() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then return 1; fi
  tell "installing ${packages[*]}, once"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get -qq update && apt-get -qq install -y --no-install-recommends "${packages[@]}"; } >&2
}

# An anonymous listing of buckets is an answer that only a gateway in working order gives.
answers() {
  local line
  { exec 5<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 1
  printf 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n' >&5
  read -r -t 5 line <&5 || line=
  exec 5>&-
  [[ $line == *' 200 '* ]]
}

until_holds() { # WHAT COMMAND…
  local what=$1 tries=0
  shift
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ $tries -gt 600 ]; then
      tell "gave up waiting for $what; see the logs in $home"
      return 1
    fi
    sleep 0.1
  done
}

# In a session of its own, so that an interrupt meant for the tests spares it.
launch() { # PROGRAM ARGUMENTS…
  local program=$1
  shift
  setsid "$program" -c "$conf" -f "$@" </dev/null >"$home/$program.log" 2>&1 9>&- &
  echo $! >"$home/$program.pid"
}

configure() {
  cat >"$conf" <<CONF
[global]
fsid = $1
run dir = $home
admin socket = $home/\$name.sock
pid file =
log file =
keyring = $home/none
crash dir = $home
err to stderr = true
# Nobody but this machine can reach it, and there is nothing in it: no keys among the daemons.
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = true
ms mon client mode = crc
ms mon cluster mode = crc
ms mon service mode = crc
mon host = [v2:127.0.0.1:$((port + 1))]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
ms bind msgr2 = true
ms bind port min = $((port + 4))
ms bind port max = $((port + 20))
# One disk, one copy.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
debug rgw = 0/0
debug osd = 0/0
debug mon = 0/0
debug ms = 0/0
debug paxos = 0/0
debug rocksdb = 0/0
[mon]
mon data = $home/mon
mon initial members = a
mon data avail crit = 1
paxos propose interval = 0.02
paxos min wait = 0.01
[osd]
osd data = $home/osd
osd objectstore = memstore
memstore device bytes = $((12 * 1024 ** 3))
osd max object name len = 2048
osd scrub begin hour = 0
osd scrub end hour = 0
osd mclock skip benchmark = true
[client]
rgw data = $home/rgw
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw enable usage log = false
rgw enable ops log = false
rgw run sync thread = false
rgw dynamic resharding = false
rgw override bucket index max shards = 1
rgw gc max objs = 4
rgw lc max objs = 4
# Memory of what was deleted comes back within a minute, not within hours.
rgw gc obj min wait = 20
rgw gc processor period = 10
rgw gc processor max time = 10
CONF
}

bring_up() {
  local fsid disk
  fsid=$(cat /proc/sys/kernel/random/uuid)
  disk=$(cat /proc/sys/kernel/random/uuid)
  mkdir -p "$home"/{mon,osd,rgw}
  configure "$fsid"
  export CEPH_CONF=$conf
  monmaptool --create --clobber --fsid "$fsid" --set-min-mon-release pacific \
    --addv a "[v2:127.0.0.1:$((port + 1))]" "$home/monmap"
  ceph-mon -c "$conf" -i a --mkfs --monmap "$home/monmap"
  launch ceph-mon -i a
  ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$disk"
  until_holds 'the monitor' ceph -c "$conf" --connect-timeout 5 osd new "$disk" 0
  launch ceph-osd -i 0
  timeout 60 radosgw-admin -c "$conf" user create --uid=mayfly --display-name=mayfly \
    --access-key="$key_id" --secret-key="$secret" --max-buckets=0
  launch radosgw -n client.rgw
  until_holds 'the gateway' answers
}

take_down() {
  local program pid
  for program in radosgw ceph-osd ceph-mon; do
    pid=$(cat "$home/$program.pid" 2>/dev/null) || continue
    # A pid may have been given to another program since.
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$program" ] || continue
    kill -KILL "$pid" # There is nothing to be saved.
    until_holds "the end of $program" test ! -e "/proc/$pid"
  done
  rm -rf "$home"
}

start() {
  if [ -n "${S3_ENDPOINT:-}" ]; then
    env | grep '^S3_'
    return
  fi
  if ! answers; then
    installed || install_gateway || {
      tell 'no S3 server here: set S3_ENDPOINT, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY to one of yours,' \
        "or install ${packages[*]} (Debian, Ubuntu)"
      exit 4
    }
    take_down
    trap take_down EXIT # Half a server is none.
    bring_up >&2
    trap - EXIT
  fi
  settings
}

# One start or stop at a time.
exec 9>"$home.lock"
flock 9

case ${1:-} in
  start) start ;;
  stop) take_down ;;
  status) if answers; then settings; else exit 3; fi ;;
  *)
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
    exit 2
    ;;
esac
