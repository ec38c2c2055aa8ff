# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the fixtures of test/data/checks share. Sourced before each setup.sh, late.sh and run.sh.
umask 022

mkelf() {
    python3 "$SUPPORT/mkelf.py" "$@"
}

mkgo() {
    python3 "$SUPPORT/mkgo.py" "$@"
}

# kubelet_volume KIND NAME: where the kubelet keeps a volume's files. The path ends up in the root
# field of mountinfo, by which the gate knows volumes.
kubelet_volume() {
    local source="$ROOT/var/lib/kubelet/pods/5e1f/volumes/kubernetes.io~$1/$2"
    mkdir -p "$source"
    printf '%s\n' "$source"
}

# config_map NAME KEY TEXT: a ConfigMap volume as the kubelet writes it; prints where.
config_map() {
    local source
    source=$(kubelet_volume configmap "$1")
    mkdir "$source/..2026_01_02"
    printf '%s' "$3" >"$source/..2026_01_02/$2"
    ln -s ..2026_01_02 "$source/..data"
    ln -s "..data/$2" "$source/$2"
    printf '%s\n' "$source"
}

# mount_at SOURCE TARGET: a bind mount on a new file or folder.
mount_at() {
    if [ -d "$1" ]; then
        mkdir -p "$2"
    else
        mkdir -p "$(dirname "$2")"
        : >"$2"
    fi
    mount --bind "$1" "$2"
}

# container DIR: a root file system of its own, with /proc, in which the gate can be run by chroot.
container() {
    local name
    mkdir -p "$1"
    mount -t tmpfs -o mode=0755 container "$1"
    mkdir -p "$1/usr" "$1/proc" "$1$GATE_DIR"
    mount --bind /usr "$1/usr"
    for name in bin sbin lib lib32 lib64 libx32; do
        if [ -L "/$name" ]; then
            ln -s "usr/$name" "$1/$name"
        elif [ -d "/$name" ]; then
            mount_at "/$name" "$1/$name"
        fi
    done
    mount --bind "$GATE_DIR" "$1$GATE_DIR"
    mount -t proc proc "$1/proc"
}

# pod: /dev as a pod's containers have it, with the termination log that the kubelet mounts. Every
# mount but the runtime's own is then a volume.
pod() {
    local minor
    mkdir "$ROOT/dev"
    mount -t tmpfs -o mode=0755 dev "$ROOT/dev"
    for minor in 3:null 5:zero 7:full 9:urandom; do
        mknod -m 0666 "$ROOT/dev/${minor#*:}" c 1 "${minor%:*}"
    done
    mkdir "$ROOT/kubelet"
    touch "$ROOT/kubelet/log"
    mount_at "$ROOT/kubelet/log" "$ROOT/dev/termination-log"
    mount --move "$ROOT/dev" /dev
}

# overcommit VALUE [COMMIT_LIMIT]: what the gate reads of vm.overcommit_memory, and KiB of
# /proc/meminfo. In this mount namespace alone: the setting itself is the whole machine's.
overcommit() {
    printf '%s\n' "$1" >"$ROOT/overcommit_memory"
    mount --bind "$ROOT/overcommit_memory" /proc/sys/vm/overcommit_memory
    if [ $# -gt 1 ]; then
        printf 'MemTotal: 1 kB\nCommitLimit: %s kB\n' "$2" >"$ROOT/meminfo"
        mount --bind "$ROOT/meminfo" /proc/meminfo
    fi
}

# as UID GID COMMAND...: in place of this shell, without other groups.
as() {
    exec setpriv --reuid "$1" --regid "$2" --clear-groups "${@:3}"
}

# while_reading FILE CHANGE COMMAND...: runs COMMAND, the gate, on one CPU, and stops it behind its
# second read of FILE; then runs CHANGE, a command in one word, and lets the gate go on.
while_reading() {
    local log=$ROOT/strace.log cpu code=0
    cpu=$(sed -n 's/^Cpus_allowed_list:\t\([0-9]*\).*/\1/p' /proc/self/status)
    ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 taskset -c "$cpu" strace -f -qq -o "$log" \
        -P "$1" -e trace=pread64 -e inject=pread64:signal=SIGSTOP:when=2 "${@:3}" <&0 &
    until grep -q 'stopped by SIGSTOP' "$log" 2>/dev/null || ! kill -0 $!; do
        sleep 0.01
    done
    eval "$2"
    kill -CONT "$(sed -n '1s/ .*//p' "$log")"
    wait $! || code=$?
    return "$code"
}

# beside_pause COMMAND...: in a PID namespace whose first process is a pod's pause, $ROOT/pause.
beside_pause() {
    local pause code=0
    # shellcheck disable=SC2016
    unshare --pid --fork --kill-child --mount-proc \
        bash -c 'exec -a /pause "$ROOT/pause" 60' 2>/dev/null &
    while ! pause=$(pgrep --parent $! --exact pause); do
        sleep 0.01
    done
    nsenter --target "$pause" --pid --mount -- "$@" || code=$?
    kill -KILL "$pause"
    exit "$code"
}

# mkso FILE [GCC FLAG...]: a shared library that defines ig_x, without a C library.
mkso() {
    mkdir -p "$(dirname "$1")"
    printf 'int ig_x(void) { return 1; }\n' |
        gcc -x c - -x none -shared -fPIC -nostdlib -Wl,--build-id=none -o "$@"
}

# mkprogram FILE [GCC FLAG...]: a program that calls ig_x, for the real loader of this machine.
mkprogram() {
    mkdir -p "$(dirname "$1")"
    printf 'int ig_x(void); void _start(void) { ig_x(); for (;;) {} }\n' |
        gcc -x c - -x none -nostdlib -fPIE -pie -Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2 \
            -Wl,--no-as-needed -Wl,--unresolved-symbols=ignore-all -Wl,--build-id=none -o "$@"
}

# image DIR: a root with the real loader in it, as /lib64 and /usr/lib.
image() {
    mkdir -p "$1/lib64" "$1/usr/lib" "$1/etc"
    cp -L /lib64/ld-linux-x86-64.so.2 "$1/lib64/ld-linux-x86-64.so.2"
}

# large_library DIR: an image whose program needs a library that asks for 16 TiB of memory.
large_library() {
    image "$1"
    mkso "$1/app/lib/libig.so.1" -Wl,-soname,libig.so.1
    # shellcheck disable=SC2016
    mkprogram "$1/app/server" "$1/app/lib/libig.so.1" '-Wl,-rpath,$ORIGIN/lib' \
        -Wl,--enable-new-dtags
    printf 'char large[1UL << 44]; int ig_x(void) { return large[0]; }\n' |
        gcc -mcmodel=large -x c - -shared -fPIC -nostdlib -Wl,--build-id=none \
            -Wl,-soname,libig.so.1 -o "$1/app/lib/libig.so.1"
}

# digest FILE: its SHA256 alone.
digest() {
    sha256sum <"$1" | cut -d ' ' -f 1
}

# tree_volume: a volume on $ROOT/data, and what it holds, in $ROOT/manifest.
tree_volume() {
    mkdir "$ROOT/data"
    mount -t tmpfs -o mode=0755 data "$ROOT/data"
    mkdir "$ROOT/data/bin"
    printf 'program\n' >"$ROOT/data/bin/server"
    chmod 0755 "$ROOT/data/bin/server"
    printf 'port: 80\n' >"$ROOT/data/app.yaml"
    ln -s bin/server "$ROOT/data/run"
    cat >"$ROOT/manifest" <<END
initgate-tree 1
f 0644 0:0 9 $(digest "$ROOT/data/app.yaml") - app.yaml
d 0755 0:0 - - - bin
f 0755 0:0 8 $(digest "$ROOT/data/bin/server") - bin/server
l - 0:0 - - - run -> bin/server
END
}
