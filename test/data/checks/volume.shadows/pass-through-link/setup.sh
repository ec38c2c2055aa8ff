# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The image's own folder lies behind a link; links on the volume lead into the image.
mkdir -p "$1/image/app/plugins/deep/empty"
echo one > "$1/image/app/plugins/one"
echo two > "$1/image/app/plugins/deep/two"
ln -s one "$1/image/app/plugins/link"
: > "$1/image/app/plugins/nothing"
mv "$1/image/app" "$1/image/srv"
ln -s srv "$1/image/app"
echo three > "$1/image/srv/three"
ln -s /srv/three "$1/image/srv/plugins/three"
source=$(kubelet_volume empty-dir plugins)
cp -a "$1/image/srv/plugins/." "$source/"
mount_at "$source" "$1/check"
