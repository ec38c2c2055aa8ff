#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the image of docker/Dockerfile with buildah and prints its id and digest:
#
#   docker/build-image.sh [TAG]                      TAG is localhost/initgate:latest if not given
#   docker/build-image.sh --from-binary FILE [TAG]   the same image around a release binary that is
#                                                    there already: seconds, for tests
#
# One commit gives one digest: all times are the commit's. Where no image debian:trixie-slim is at
# hand, one is made with debootstrap (as root); nothing is pulled. The first build takes minutes,
# the libraries are then kept in the cache of docker/build-libs.sh.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/initgate
base=debian:trixie-slim

die() {
    echo "docker/build-image.sh: $*" >&2
    exit 1
}

binary=
if [ "${1:-}" = --from-binary ]; then
    [ $# -ge 2 ] || die "--from-binary needs a file"
    binary=$2
    [ -f "$binary" ] || die "no file $binary"
    shift 2
fi
[ $# -le 1 ] || die "usage: docker/build-image.sh [--from-binary FILE] [TAG]"
tag=${1:-localhost/initgate:latest}

"$here/deps.sh" image
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What the official image has of note here: Debian's minimal set, and its own package sources.
make_base() {
    local mirror suite container
    "$here/build-libs.sh" --mirrors >"$work/mirrors"
    read -r mirror suite <"$work/mirrors"
    echo "docker/build-image.sh: making $base from $mirror" >&2
    debootstrap --variant=minbase "$suite" "$work/root" "$mirror" >"$work/debootstrap.log" ||
        { tail -n 20 "$work/debootstrap.log" >&2; die "debootstrap failed"; }
    sed 's|.*|deb & main|' "$work/mirrors" >"$work/root/etc/apt/sources.list"
    rm -rf "$work/root/var/cache/apt/archives"/*.deb "$work/root/var/lib/apt/lists"/*
    tar -C "$work/root" --numeric-owner --exclude './dev/*' -cf "$work/root.tar" .
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$work/root.tar" / >/dev/null
    buildah config --cmd bash --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        "$container"
    buildah commit --quiet --rm "$container" "$base" >/dev/null
    rm -rf "$work/root" "$work/root.tar"
}

git_top() {
    git -C "$top" -c safe.directory="$top" "$@"
}

version=$(sed -n 's/^project(initgate VERSION \([0-9.]*\).*/\1/p' "$top/CMakeLists.txt")
[ -n "$version" ] || die "CMakeLists.txt names no version"
revision=$(git_top rev-parse HEAD)
[ -z "$(git_top status --porcelain)" ] || revision=$revision-dirty
arguments=(--pull-never --format oci --identity-label=false)
mkdir -p "$work/context/out"

if [ -z "$binary" ]; then
    buildah inspect --type image "$base" >/dev/null 2>&1 || make_base
    mkdir -p "$cache"
    # chroot isolation and the host's network: no namespaces to set up, so it works inside another
    # container too. The cache holds only what its key describes, so it does not change the result.
    buildah bud "${arguments[@]}" --layers --force-rm --target build --iidfile "$work/id" \
        --isolation chroot --network host --volume "$cache:/root/.cache/initgate" \
        --ignorefile "$here/Dockerfile.dockerignore" \
        --build-arg BUILD="$(git_top describe --always --dirty)" \
        -f "$here/Dockerfile" "$top" >&2
    container=$(buildah from --pull-never "$(<"$work/id")")
    binary=$work/initgate
    cp "$(buildah mount "$container")/out/initgate" "$binary"
    buildah rm "$container" >/dev/null
fi

# The last stage as it stands, but fed from a folder. It is built on its own because layers taken
# from buildah's cache keep the times of an earlier commit, and with them another digest.
install -m 0555 "$binary" "$work/context/out/initgate"
sed -n '/^FROM scratch/,$s/--from=build //; /^FROM scratch/,$p' "$here/Dockerfile" >"$work/Dockerfile"
buildah bud "${arguments[@]}" --iidfile "$work/id" --tag "$tag" \
    --timestamp "$(git_top log -1 --format=%ct)" \
    --build-arg VERSION="$version" --build-arg REVISION="$revision" \
    -f "$work/Dockerfile" "$work/context" >&2

id=$(<"$work/id")
echo "image  $tag"
echo "id     $id"
echo "digest $(buildah inspect --type image --format '{{.FromImageDigest}}' "$id")"
