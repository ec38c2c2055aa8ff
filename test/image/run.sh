#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The image and how it is built: contents, configuration, size, one digest for one commit, and that
# sources other than the pinned ones are refused. Builds the image as a user would; from nothing
# that takes minutes, after that the packages and libraries come from caches.
#
# shellcheck disable=SC2317 # functions that check calls
set -uo pipefail
# Modes are what the tests and pods say, whatever the caller's umask.
umask 022
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
layer_limit=1100000
binary_limit=3000000
# shellcheck source=test/check.sh
. "$here/../check.sh"

"$top/docker/deps.sh" image test || exit 1
work=$(mktemp -d)
name=localhost/initgate-test-$$

cleanup() {
    for tag in first again plain wrapped index; do
        flock "${XDG_CACHE_HOME:-$HOME/.cache}/initgate/image-names.lock" \
            buildah rmi "$name:$tag" >/dev/null 2>&1
    done
    rm -rf "$work"
}
trap cleanup EXIT

same() {
    [ "$1" = "$2" ] || { echo "expected: $1"; echo "observed: $2"; return 1; }
}

at_most() {
    echo "$1 bytes, at most $2"
    [ "$1" -gt 0 ] && [ "$1" -le "$2" ]
}

digest_of() {
    buildah inspect --type image --format '{{.FromImageDigest}}' "$1"
}

config() {
    jq -r "$1" "$work/config"
}

build() {
    "$top/docker/build-image.sh" "$@" >"$work/out" 2>"$work/log" ||
        { tail -n 20 "$work/log"; return 1; }
}

# The Dockerfile alone, as someone without build-image.sh has it: no layer of an earlier build.
build_plain() {
    buildah bud --pull-never --no-cache --format oci --identity-label=false --isolation chroot \
        --network host --volume "${XDG_CACHE_HOME:-$HOME/.cache}/initgate:/root/.cache/initgate" \
        --ignorefile "$top/docker/Dockerfile.dockerignore" \
        --timestamp "$(git -C "$top" log -1 --format=%ct)" \
        --build-arg VERSION="$version" --build-arg REVISION="$revision" \
        --build-arg BUILD="$(git -C "$top" describe --always --dirty)" \
        --tag "$1" -f "$top/docker/Dockerfile" "$top"
}

version=$(sed -n 's/^project(initgate VERSION \([0-9.]*\).*/\1/p' "$top/CMakeLists.txt")
revision=$(git -C "$top" rev-parse HEAD)
[ -z "$(git -C "$top" status --porcelain)" ] || revision=$revision-dirty

check "the image builds" build "$name:first"
[ "$failed" -eq 0 ] || finish
check "it says its digest" grep -qx "digest $(digest_of "$name:first")" "$work/out"

buildah inspect --type image "$name:first" | jq .OCIv1 >"$work/config"
check "it runs as 65532:65532" same 65532:65532 "$(config .config.User)"
check "its entrypoint is the binary" same '["/initgate"]' "$(config '.config.Entrypoint | tojson')"
check "it has no other command" same null "$(config '.config.Cmd | tojson')"
check "its times are the commit's" same \
    "$(TZ=UTC git -C "$top" log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd)" \
    "$(config .created)"
label=org.opencontainers.image
check "label version" same "$version" "$(config ".config.Labels[\"$label.version\"]")"
check "label revision" same "$revision" "$(config ".config.Labels[\"$label.revision\"]")"
check "label licenses" same Apache-2.0 "$(config ".config.Labels[\"$label.licenses\"]")"
check "label title" same initgate "$(config ".config.Labels[\"$label.title\"]")"
check "label description" grep -q initContainer <<<"$(config ".config.Labels[\"$label.description\"]")"
check "label source" grep -q '^https://.' <<<"$(config ".config.Labels[\"$label.source\"]")"
check "no label of the tool that built it" same 6 "$(config '.config.Labels | length')"

check "it can be pushed" buildah push --quiet "$name:first" "oci:$work/oci:image"
blobs=$work/oci/blobs/sha256
manifest=$(jq -r '.manifests[0].digest' "$work/oci/index.json")
check "it has one layer" same 1 "$(jq '.layers | length' "$blobs/${manifest#sha256:}")"
layer=$blobs/$(jq -r '.layers[0].digest' "$blobs/${manifest#sha256:}" | cut -d : -f 2)
zcat "$layer" >"$work/layer.tar"
check "the layer as pushed is small enough" at_most "$(stat -c %s "$layer")" $layer_limit
check "the layer at gzip -9 is small enough" at_most "$(gzip -9c "$work/layer.tar" | wc -c)" $layer_limit
check "the binary is the only file, 0555, of 0:0" same "-r-xr-xr-x 0/0 initgate" \
    "$(tar --numeric-owner -tvf "$work/layer.tar" | awk '{ print $1, $2, $NF }')"

mkdir "$work/root"
tar -xpf "$work/layer.tar" -C "$work/root"
binary=$work/root/initgate
check "the binary is small enough" at_most "$(stat -c %s "$binary")" $binary_limit
readelf -hldSW "$binary" >"$work/elf"
check "static-pie: position-independent" grep -qE 'FLAGS_1.* PIE' "$work/elf"
check "static-pie: no interpreter" same 0 "$(grep -c INTERP "$work/elf")"
check "static-pie: no library" same 0 "$(grep -c '(NEEDED)' "$work/elf")"
check "no text relocation" same 0 "$(grep -c TEXTREL "$work/elf")"
check "RELRO" grep -q GNU_RELRO "$work/elf"
check "bound at start" grep -q BIND_NOW "$work/elf"
check "stack not executable" grep -qE 'GNU_STACK.* RW ' "$work/elf"
check "no segment both writable and executable" same 0 "$(grep -cE 'LOAD.* RWE ' "$work/elf")"
check "stripped" same 0 "$(grep -cE '\.(symtab|debug)' "$work/elf")"
check "no path of the build in it" same 0 "$(grep -caE '/src/|/root/\.cache' "$binary")"
check "alone in a root, as its user, it runs" \
    chroot --userspec=65532:65532 "$work/root" /initgate version
check "where addresses are not random, too" setarch -R "$binary" version

check "the image builds again" build "$name:again"
check "the same commit has the same digest" same "$(digest_of "$name:first")" \
    "$(digest_of "$name:again")"
check "the Dockerfile builds without build-image.sh" build_plain "$name:plain"
check "and gives the same digest" same "$(digest_of "$name:first")" "$(digest_of "$name:plain")"
check "the image builds around a binary" build --from-binary "$binary" "$name:wrapped"
check "and has the same digest for the same binary" same "$(digest_of "$name:first")" \
    "$(digest_of "$name:wrapped")"
check "no image around a missing binary" same 1 \
    "$("$top/docker/build-image.sh" --from-binary "$work/none" "$name:none" >/dev/null 2>&1; echo $?)"

# Both architectures under one name.
check "the index of both architectures builds" build --index "$name:index"
check "it says its digest" same "digest sha256:$(buildah manifest inspect "$name:index" | head -c -1 |
    sha256sum | cut -d ' ' -f 1)" "$(tail -n 1 "$work/out")"
buildah manifest inspect "$name:index" >"$work/index"
check "it names amd64 and arm64" same "linux/amd64 linux/arm64" \
    "$(jq -r '[.manifests[].platform | .os + "/" + .architecture] | join(" ")' "$work/index")"
check "this machine's is the image as built alone" same "$(digest_of "$name:first")" \
    "$(jq -r --arg arch "$(dpkg --print-architecture)" \
        '.manifests[] | select(.platform.architecture == $arch).digest' "$work/index")"
check "it can be pushed" buildah manifest push --quiet --all "$name:index" "oci:$work/both:image"
blobs=$work/both/blobs/sha256
# Layers are compressed when they are pushed, so the digests there are others than in the store.
index=$(jq -r '.manifests[0].digest' "$work/both/index.json")
other=$(jq -r '.manifests[] | select(.platform.architecture == "arm64").digest' \
    "$blobs/${index#sha256:}")
check "arm64's configuration says so" same arm64 \
    "$(jq -r .architecture "$blobs/$(jq -r .config.digest "$blobs/${other#sha256:}" | cut -d : -f 2)")"
layer=$blobs/$(jq -r '.layers[0].digest' "$blobs/${other#sha256:}" | cut -d : -f 2)
check "arm64's layer is small enough" at_most "$(stat -c %s "$layer")" $layer_limit
mkdir "$work/arm64"
tar -xpf "$layer" -C "$work/arm64"
check "its binary is AArch64's" grep -q AArch64 <<<"$(readelf -hW "$work/arm64/initgate")"
check "its binary is the cross compiler's" grep -q '^initgate ' <<<"$(qemu-aarch64-static \
    "$work/arm64/initgate" version)"

# build-libs.sh must not build from anything but what is pinned, and must say how to go on.
refused() {
    local edit=$1 words=$2
    rm -rf "$work/docker" "$work/cache"
    cp -r "$top/docker" "$work/docker"
    sed -i "$edit" "$work/docker/pins.txt"
    if XDG_CACHE_HOME=$work/cache "$work/docker/build-libs.sh" >"$work/out" 2>"$work/log"; then
        echo "it was built"
        return 1
    fi
    cat "$work/log"
    [ ! -s "$work/out" ] && grep -q "$words" "$work/log" && grep -q -- --update-pins "$work/log"
}
check "another hash than the pinned is refused" \
    refused '/\.dsc /s/[0-9a-f]\{64\}$/'"$(printf '0%.0s' {1..64})"'/' 'is not what docker/pins.txt pins'
check "a version that is gone is refused" refused 's/^musl [^ ]*/musl 0.1-1/' 'cannot fetch musl'

finish
