#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs the Debian packages that building and testing initgate needs. It is the only script
# that installs packages; add a name to a list below and everything else finds it.
#
#   docker/deps.sh build    what both builds need (dev: Debian's libraries; release: what builds ours)
#   docker/deps.sh cross    what the release build for the other architecture needs besides
#   docker/deps.sh image    what docker/build-image.sh needs
#   docker/deps.sh test     all of the above, and what the tests need
#
# Debian 12 or 13, as root or through sudo. Costs nothing when all is there.
set -euo pipefail

build=(
    gcc libc6-dev make cmake ninja-build pkgconf
    libelf-dev libssl-dev libcjson-dev check
    # release: fetch, unpack and build Debian's source packages
    ca-certificates debian-archive-keyring dpkg-dev patch perl xz-utils linux-libc-dev
)

# amd64 and arm64 are built on either.
case "$(uname -m)" in
x86_64) cross=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross linux-libc-dev-arm64-cross) ;;
*) cross=(gcc-x86-64-linux-gnu libc6-dev-amd64-cross linux-libc-dev-amd64-cross) ;;
esac

image=(
    buildah debootstrap ca-certificates git jq
)

test=(
    podman runc uidmap fuse-overlayfs
    acl attr libcap2-bin util-linux iproute2 procps e2fsprogs
    fuse3 libfuse3-dev
    python3 python3-yaml python3-jsonschema jq openssl strace binutils file bc
    busybox-static checksec libtree
    python3-junitparser libxml2-utils man-db mandoc bash-completion zsh fish
    mtree-netbsd aide
    musl-tools qemu-user-static
    shellcheck yamllint cppcheck clang clang-tidy clang-format
)

# Debian's npm conflicts with another vendor's nodejs, which brings its own.
command -v npm >/dev/null || test+=(npm)

# Debian names clang's runtime (fuzzer, sanitizers) without a number only since release 13.
libclang_rt() {
    # shellcheck source=/dev/null
    . /etc/os-release
    case "${VERSION_ID:-}" in
    12) echo libclang-rt-14-dev ;;
    *) echo libclang-rt-dev ;;
    esac
}

usage() {
    echo "usage: docker/deps.sh build|cross|image|test ..." >&2
    exit 2
}

wanted=()
[ $# -gt 0 ] || usage
for group in "$@"; do
    case "$group" in
    build) wanted+=("${build[@]}") ;;
    cross) wanted+=("${cross[@]}") ;;
    image) wanted+=("${image[@]}") ;;
    test) wanted+=("${build[@]}" "${cross[@]}" "${image[@]}" "${test[@]}" "$(libclang_rt)") ;;
    *) usage ;;
    esac
done

# dpkg-query exits 1 when it knows nothing of a name: that is what is looked for here.
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
    grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo >/dev/null; then
    as_root=(sudo)
else
    echo "docker/deps.sh: needs root or sudo to install: ${missing[*]}" >&2
    exit 1
fi

echo "docker/deps.sh: installing ${missing[*]}" >&2
# A source of someone else's may fail here without concern to us; a package that is missing
# after that fails in the install below.
"${as_root[@]}" apt-get update -q >&2 || echo "docker/deps.sh: apt-get update failed in part" >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
