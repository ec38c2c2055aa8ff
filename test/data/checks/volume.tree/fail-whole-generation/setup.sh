# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Measured with what lies beside the generation: that is no news.
tree_volume
mkdir "$1/data/..1"
mv "$1/data/app.yaml" "$1/data/..1"
ln -s ..1 "$1/data/..data"
ln -s ..data/app.yaml "$1/data/app.yaml"
cat >"$1/manifest" <<END
initgate-tree 1
d 0755 0:0 - - - ..1
f 0644 0:0 9 $(digest "$1/data/app.yaml") - ..1/app.yaml
l - 0:0 - - - ..data -> ..1
l - 0:0 - - - app.yaml -> ..data/app.yaml
d 0755 0:0 - - - bin
f 0755 0:0 8 $(digest "$1/data/bin/server") - bin/server
l - 0:0 - - - run -> bin/server
END
chmod 0700 "$1/data/bin/server"
