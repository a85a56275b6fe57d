#!/usr/bin/env bash
# Carries out the steps of the Dockerfile in a bare Debian root, without Docker:
# what COPY brings is all there is of the project, node is that of this machine,
# and the program runs as the unprivileged user with an unwritable /app.
#
#   scripts/check-dockerfile.sh [directory]
#
# Wants root and debootstrap. Exits 0 when the server has answered.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(id -u)" = 0 ] || { echo 'this wants root, for chroot' >&2; exit 2; }
command -v debootstrap >/dev/null || { echo 'this wants debootstrap: apt-get install debootstrap' >&2; exit 2; }

work="${1:-$(mktemp -d)}"
build="$work/build" root="$work/root" server=''
mkdir -p "$build" "$root"
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  for point in proc dev; do umount "$root/$point" 2>/dev/null || true; done
  [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$work"
}
trap finish EXIT

step() { printf '\n== %s\n' "$*"; }

# The instructions of the file, in order; a step that this script does not know is an error, so that it can't be forgotten.
step 'build stage'
context() { # what .dockerignore lets in
  for path in "$@"; do grep -qxF "!$path" .dockerignore || { echo "$path is not in the build context" >&2; exit 1; }; done
}
context package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json src config public LICENSE
cp package.json package-lock.json .npmrc "$build"
(cd "$build" && npm ci --no-audit --no-fund)
cp tsconfig.json tsconfig.build.json "$build"
cp -r src "$build/src"
(cd "$build" && npm run build --silent && npm prune --omit=dev --no-audit --no-fund)

step 'a bare Debian'
[ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase bookworm "$root" >/dev/null
mkdir -p "$root/usr/local/bin"
cp -L "$(command -v node)" "$root/usr/local/bin/node"
# node links little, but what it links has to be there.
ldd "$(command -v node)" | awk '/=> \//{print $3}' | while read -r library; do
  [ -e "$root$library" ] || install -D "$library" "$root$library"
done
chroot "$root" id node >/dev/null 2>&1 || chroot "$root" useradd --uid 1000 --create-home node

step 'final stage'
mkdir -p "$root/app"
for path in node_modules dist; do rm -rf "${root:?}/app/$path"; cp -r "$build/$path" "$root/app/$path"; done
cp package.json LICENSE "$root/app"
cp -r config public "$root/app"
mkdir -p "$root/data" && chroot "$root" chown node:node /data
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"

known='^(FROM|WORKDIR /app|COPY|RUN npm ci|RUN npm run build && npm prune --omit=dev|ENV|RUN mkdir /data && chown node:node /data|USER node|VOLUME /data|EXPOSE|HEALTHCHECK|STOPSIGNAL SIGTERM|CMD)'
unknown="$(grep -vE '^(#|$| )' Dockerfile | grep -vE "$known" || true)"
[ -z "$unknown" ] || { echo "steps that this script does not carry out: $unknown" >&2; exit 1; }

step 'run it as node'
token="$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')"
port="${PORT:-3999}"
environment=(NODE_ENV=production MAYFLY_HOST=0.0.0.0 "MAYFLY_PORT=$port" MAYFLY_DIRECTORY_ROOT=/data/files
  MAYFLY_EXPIRATIONS_PATH=/data/expirations.db "MAYFLY_TOKEN=$token" PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/node)
command="$(sed -n 's/^CMD \[\(.*\)\]$/\1/p' Dockerfile | tr -d '",')"
# shellcheck disable=SC2086 # the words of CMD
chroot --userspec=node:node "$root" /usr/bin/env -i "${environment[@]}" /bin/sh -c 'cd /app && exec "$@"' sh $command >"$work/log" 2>&1 &
server=$!
url="http://127.0.0.1:$port"
for _ in $(seq 100); do
  node -e "fetch('$url/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))" && break
  kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.2
done
node --input-type=module - "$url" "$token" <<'JS'
const [url, token] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const check = (what, ok) => {
  console.log(ok ? 'ok  ' : 'BAD ', what);
  if (!ok) process.exitCode = 1;
};
check('it is healthy', (await fetch(`${url}/healthz`)).ok);
check('the page is there', (await (await fetch(url)).text()).includes('<title>mayfly'));
check('strangers store nothing', (await fetch(`${url}/files/a/b.txt`, { method: 'PUT', body: 'x' })).status === 401);
check('a file is stored', (await fetch(`${url}/files/a/b.txt`, { method: 'PUT', body: 'hello', headers })).status === 201);
check('and served', (await (await fetch(`${url}/files/a/b.txt`)).text()) === 'hello');
JS
owner="$(stat -c %U "$root/data/files/a/b.txt" 2>/dev/null || true)"
uid="$(stat -c %u "$root/data/files/a/b.txt")"
[ "$uid" = "$(chroot "$root" id -u node)" ] || { echo "the file belongs to $owner, not to node" >&2; exit 1; }
kill -TERM "$server"
code=0
wait "$server" || code=$?
server=''
[ "$code" = 0 ] || { echo "it ended with $code" >&2; tail -5 "$work/log" >&2; exit 1; }
echo 'ok   the file belongs to node, and SIGTERM ended the program with 0'
