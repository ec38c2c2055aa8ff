#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the image of docker/Dockerfile with buildah and prints its id and digest:
#
#   docker/build-image.sh [TAG]                      TAG is localhost/initgate:latest if not given
#   docker/build-image.sh --arch ARCH [TAG]          for amd64 or arm64, instead of this machine
#   docker/build-image.sh --index [TAG]              for both, under one OCI index
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

native=$(dpkg --print-architecture)
archs=("$native") binary='' index=''
while [ $# -gt 0 ]; do
    case "$1" in
    --from-binary)
        [ -f "${2:-}" ] || die "--from-binary needs a file"
        binary=$2
        shift
        ;;
    --arch)
        [[ ${2:-} =~ ^(amd64|arm64)$ ]] || die "--arch needs amd64 or arm64"
        archs=("$2")
        shift
        ;;
    --index) archs=(amd64 arm64) index=yes ;;
    *) break ;;
    esac
    shift
done
[[ $# -le 1 && ${1:-} != -* ]] ||
    die "usage: docker/build-image.sh [--arch ARCH | --index | --from-binary FILE] [TAG]"
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

# The binary for ARCH, as the Dockerfile's first stage makes it.
build_binary() {
    local arch=$1 container
    buildah inspect --type image "$base" >/dev/null 2>&1 || make_base
    mkdir -p "$cache"
    # chroot isolation and the host's network: no namespaces to set up, so it works inside another
    # container too. The cache holds only what its key describes, so it does not change the result.
    buildah bud "${arguments[@]}" --layers --force-rm --target build --iidfile "$work/id" \
        --isolation chroot --network host --volume "$cache:/root/.cache/initgate" \
        --ignorefile "$here/Dockerfile.dockerignore" \
        --build-arg BUILDPLATFORM="linux/$native" --build-arg TARGETARCH="$arch" \
        --build-arg BUILD="$(git_top describe --always --dirty)" \
        -f "$here/Dockerfile" "$top" >&2
    container=$(buildah from --pull-never "$(<"$work/id")")
    cp "$(buildah mount "$container")/out/initgate" "$work/initgate"
    buildah rm "$container" >/dev/null
}

# buildah reads an image's names, and writes them back with one more or one less: where somebody does
# so at the same time, a name gets lost ("image not known"). So names are changed in turns.
mkdir -p "$cache"
names=$cache/image-names.lock

# The last stage as it stands, but fed from a folder. It is built on its own because layers taken
# from buildah's cache keep the times of an earlier commit, and with them another digest.
wrap() {
    local arch=$1
    install -m 0555 "$2" "$work/context/out/initgate"
    sed -n '/^FROM scratch/,$s/--from=build //; /^FROM scratch/,$p' "$here/Dockerfile" >"$work/Dockerfile"
    flock "$names" buildah bud "${arguments[@]}" --platform "linux/$arch" --iidfile "$work/id" "${@:3}" \
        --timestamp "$(git_top log -1 --format=%ct)" \
        --build-arg VERSION="$version" --build-arg REVISION="$revision" \
        -f "$work/Dockerfile" "$work/context" >&2
}

make_index() {
    local arch
    flock "$names" buildah manifest rm "$tag" >/dev/null 2>&1 ||
        flock "$names" buildah rmi "$tag" >/dev/null 2>&1 || true
    buildah manifest create "$tag" >/dev/null
    for arch in "${archs[@]}"; do
        build_binary "$arch"
        wrap "$arch" "$work/initgate"
        buildah manifest add --arch "$arch" --os linux "$tag" "$(<"$work/id")" >/dev/null
        echo "$arch  $(buildah inspect --type image --format '{{.FromImageDigest}}' "$(<"$work/id")")"
    done
    echo "index  $tag"
    echo "digest sha256:$(buildah manifest inspect "$tag" | head -c -1 | sha256sum | cut -d ' ' -f 1)"
}

if [ -n "$index" ]; then
    make_index
    exit
fi
if [ -z "$binary" ]; then
    build_binary "${archs[0]}"
    binary=$work/initgate
fi
wrap "${archs[0]}" "$binary" --tag "$tag"
id=$(<"$work/id")
echo "image  $tag"
echo "id     $id"
echo "digest $(buildah inspect --type image --format '{{.FromImageDigest}}' "$id")"
