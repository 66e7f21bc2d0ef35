#!/usr/bin/env bash
# Makes stand-ins of the Dockerfile's base images, for a machine that reaches Debian's packages and npm's but no image
# registry: debian:bookworm-slim by mmdebstrap, and node:24-bookworm-slim as that plus the Node and the npm of npm
# packages. Not the official bytes, but the same Debian release and the same Node.
#
#   stand-in-bases.sh FOLDER BUILDAH...     FOLDER is for scratch; BUILDAH... the program with its storage options
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$1
shift
buildah=("$@")
dockerfile=Dockerfile
base_of() { sed -n "s/^FROM \([^ ]*$1[^ ]*\).*/\1/p" "$dockerfile" | head -n 1; }
debian=$(base_of debian)
node=$(base_of node)

# mmdebstrap takes the machine's own sources of Debian packages; the hook lays /usr out as a Debian image has it.
mmdebstrap --quiet --variant=minbase --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --include=usr-is-merged \
  \
  --dpkgopt=path-exclude=/usr/share/man/* --dpkgopt=path-exclude=/usr/share/locale/* \
  --dpkgopt=path-exclude=/usr/share/doc/* --dpkgopt=path-include=/usr/share/doc/*/copyright bookworm "$scratch/debian.tar"

container=$("${buildah[@]}" from --pull=never scratch)
"${buildah[@]}" add --quiet "$container" "$scratch/debian.tar" / >/dev/null
"${buildah[@]}" config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd bash "$container"
"${buildah[@]}" commit --quiet --format docker "$container" "$debian" >/dev/null
rm "$scratch/debian.tar"

machine=$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
mkdir -p "$scratch/usr-local/bin"
cp "node_modules/node-linux-$machine/bin/node" "$scratch/usr-local/bin/node"
npm install --global --prefix "$scratch/usr-local" --no-audit --no-fund --silent npm@11
"${buildah[@]}" add --quiet "$container" "$scratch/usr-local" /usr/local >/dev/null
"${buildah[@]}" run --isolation chroot "$container" -- useradd --uid 1000 --create-home node
"${buildah[@]}" commit --quiet --rm --format docker "$container" "$node" >/dev/null
rm -r "$scratch/usr-local"
