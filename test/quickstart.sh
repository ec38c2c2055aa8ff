#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# From a fresh Debian 12 to a gate that holds: installs what is missing, builds the release binary
# and its image, and runs a real server from a Debian package in a real pod, once as it was built
# and once with one byte of it changed. Needs root; the first run takes some minutes.
set -euo pipefail
# Modes are what the tests and pods say, whatever the caller's umask.
umask 022

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
manifest=deploy/manifests/shared-volume.yaml
binary=build/release/initgate
image=localhost/initgate:quickstart
export PYTHONDONTWRITEBYTECODE=1

if [ "$(id -u)" -ne 0 ]; then
    echo "Pods need root: sudo test/quickstart.sh"
    exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Runs a command with its output set aside, and shows the output if it fails.
quietly() {
    local what=$1 start=$SECONDS
    shift
    printf '  %-52s ' "$what"
    if ! "$@" >"$log" 2>&1; then
        printf 'failed\n\n'
        tail -n 40 "$log"
        exit 1
    fi
    printf 'done (%d s)\n' $((SECONDS - start))
}

build_release() {
    cmake --preset release && cmake --build --preset release
}

# 64 of one digit: what the manifests have where a digest goes.
digits() {
    printf '%64s' '' | tr ' ' "$1"
}

# The pod of the manifest with the images of this machine; $1 is the image that delivers the server.
pod() {
    python test/pod/driver.py --pause "${images[pause]}" --ready "Accepting connections" \
        --replace "registry.example.com/initgate@sha256:$(digits 0)=$image" \
        --replace "registry.example.com/server-artifact@sha256:$(digits 2)=$1" \
        --replace "registry.example.com/server-runtime@sha256:$(digits 3)=${images[runtime]}" \
        --replace "$(digits f)=${images[digest]}" "$manifest"
}

# Debian's own python3: another one on the PATH would lack python3-yaml.
python() {
    /usr/bin/python3 "$@"
}

build_image() {
    # In the storage of the test images, so that nothing of the user's podman is touched.
    eval "$(python test/pod/engine.py)"
    docker/build-image.sh --from-binary "$binary" "$image"
}

test_images() {
    python test/pod/images.py >"$names"
}

echo "initgate quickstart: the first run installs and builds, which takes some minutes."
echo
quietly "Installing what is missing" docker/deps.sh test
quietly "Building $binary" build_release
quietly "Building its image" build_image
names=$(mktemp)
trap 'rm -f "$log" "$names"' EXIT
quietly "Making Debian images with a real server in them" test_images
declare -A images
while IFS='=' read -r name value; do
    images[$name]=$value
done <"$names"

cat <<TEXT

The pod of $manifest:
  deliver   puts the server (tinyproxy of Debian's package tinyproxy-bin) on a volume
  gate      initgate; its policy expects sha256 ${images[digest]:0:16}...
  server    runs the server from the volume

1. The server as it was built
TEXT
pod "${images[artifact]}" | sed 's/^/   /'

echo
echo "2. The same pod, with one byte of the server changed"
status=0
pod "${images[artifact-changed-byte]}" | sed 's/^/   /' || status=$?
if [ "$status" -ne 1 ]; then
    echo "The changed server should have been kept from starting (1), but the result was $status."
    exit 1
fi

cat <<TEXT

The server ran as it was built, and was kept from running when it was not.

What to try next
  $binary inspect /usr/bin/python3     what a program needs to start
  $binary measure /usr/bin/python3     a policy for it
  $binary explain binary.sha256        what a check means and how to mend it
  less $manifest      the pod you just saw, ready to adapt
  less deploy/manifests/same-image.yaml         the same for a program inside its image
  less doc/debugging-pods.md                    when a pod is blocked
  test/run.sh                                   every test, the pods included
TEXT
