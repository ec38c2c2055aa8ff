#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the libraries of the release binary, static and position-independent, from the Debian
# source packages that pins.txt names, and prints the folder they are in as its last line:
#
#   docker/build-libs.sh [ARCH]          builds what is not in the cache yet (minutes), or nothing;
#                                        ARCH is amd64 or arm64, this machine's if not given
#   docker/build-libs.sh --mirrors       prints "URI SUITE" of the Debian mirrors it fetches from
#   docker/build-libs.sh --update-pins   writes pins.txt anew from Debian's newest versions
#
# The folder is <cache>/sysroot-<key>, <cache> is ${XDG_CACHE_HOME:-$HOME/.cache}/initgate. The key
# covers all that decides its bytes: pins, recipe, specs file, machine and compiler. One key, one
# content: neither the build's path nor its time gets into it.
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022
# Any of these would change what is built without changing the key.
unset CC CFLAGS CPPFLAGS CXXFLAGS LDFLAGS LIBRARY_PATH CPATH C_INCLUDE_PATH MAKEFLAGS GCC_EXEC_PREFIX

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/initgate
release=trixie

say() {
    echo "docker/build-libs.sh: $*" >&2
}

die() {
    say "$*"
    exit 1
}

# The sections let the final link drop what initgate does not call. Unwind tables are for C++
# exceptions and for debuggers, and would be a tenth of the binary.
cflags="-Os -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong"
cflags="$cflags -fno-asynchronous-unwind-tables -fno-unwind-tables"

# Everything that neither hashing nor, later, verifying ECDSA P-256 and Ed25519 signatures needs.
# asm and threads stay; no-bulk is absent because it takes the elliptic curves away too. Three are
# here for what they do, not for their size: no-autoload-config (an openssl.cnf must not change
# what a digest is), no-atexit (cleaning up at exit races with threads that still hash) and
# no-filenames (no source paths in the binary).
openssl_options=(
    no-shared no-module no-dso no-apps no-tests no-docs no-legacy no-engine no-fips no-makedepend
    no-autoload-config no-atexit no-filenames no-err no-autoerrinit
    no-ssl no-tls no-dtls no-quic no-sock no-http no-ktls no-srtp no-psk no-nextprotoneg
    no-tls-deprecated-ec no-ssl-trace no-integrity-only-ciphers no-multiblock
    no-cmp no-cms no-ct no-ocsp no-ts no-srp no-rfc3779 no-gost no-comp
    no-async no-secure-memory no-ui-console no-thread-pool no-default-thread-pool
    no-ml-kem no-ml-dsa no-slh-dsa no-sm2 no-sm2-precomp no-ec2m no-ecdh no-dh no-dsa
    no-aria no-bf no-camellia no-cast no-chacha no-des no-idea no-rc2 no-rc4 no-seed no-sm4
    no-blake2 no-md4 no-mdc2 no-rmd160 no-sm3 no-whirlpool
    no-argon2 no-scrypt no-cmac no-poly1305 no-siphash no-siv no-ocb
)

# OPENSSL_ia32cap and OPENSSL_armcap, which an image may set, would choose other code for digests, up to
# code that this CPU does not have. It is asked for before main() could remove them: so OpenSSL asks a
# function of lib/crypto instead, which knows of no variable.
no_environment="-Dgetenv=ig_no_environment -Dsecure_getenv=ig_no_environment"

key() {
    {
        cat "$here/pins.txt" "$here/build-libs.sh" "$here/musl.specs"
        "${cross}gcc" -dumpmachine
        "${cross}gcc" --version | head -n 1
        "${cross}as" --version | head -n 1
        "${cross}ld" --version | head -n 1
    } | sha256sum | cut -c 1-16
}

# apt with sources, lists and cache of its own: the machine's stay as they are.
private_apt() {
    local command=$1 state=$2
    shift 2
    "$command" -qq -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" \
        -o APT::Sandbox::User=root "$@"
}

# "URI SUITE" of the Debian mirrors this machine already uses, for $release.
mirrors() {
    local codename
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    # shellcheck disable=SC2016 # $(SITE) is apt's
    apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v code="$codename" -v release="$release" '
            $3 == "main" && index($2, code) == 1 && !seen[$1 $2]++ {
                suffix = substr($2, length(code) + 1)
                if (suffix ~ /^(|-updates|-security)$/)
                    print $1 " " release suffix
            }' | grep . || die "apt's sources name no Debian mirror for $codename"
}

private_sources() {
    local state=$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -e "$keyring" ] || keyring=${keyring%.gpg}.pgp
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    mirrors | sed "s|.*|deb-src [signed-by=$keyring] & main|" >"$state/sources.list"
    # Part of them may be out of date or away: what is missing then fails when it is fetched.
    private_apt apt-get "$state" update >&2 || say "not all of apt's sources could be read"
}

# Lays the pinned files of a package into a folder, from the cache or from Debian.
fetch() {
    local package=$1 into=$2 version sums
    version=$(awk -v p="$package" '$1 == p { print $2; exit }' "$here/pins.txt")
    [ -n "$version" ] || die "docker/pins.txt has no line for $package"
    sums=$(awk -v p="$package" '$1 == p { print $4 "  " $3 }' "$here/pins.txt")
    mkdir -p "$cache/sources"
    if ! (cd "$cache/sources" && sha256sum --status --strict -c <<<"$sums" 2>/dev/null); then
        [ -e "$work/apt/sources.list" ] || private_sources "$work/apt"
        say "fetching $package $version"
        (cd "$into" && private_apt apt-get "$work/apt" source -d --only-source "$package=$version" >&2) ||
            die "cannot fetch $package $version. If Debian has replaced it by a newer version, run" \
                "'docker/build-libs.sh --update-pins', read the change to docker/pins.txt, commit it"
        (cd "$into" && sha256sum --quiet --strict -c <<<"$sums" >&2) ||
            die "$package $version is not what docker/pins.txt pins. Find out why; only then run" \
                "'docker/build-libs.sh --update-pins', which accepts what Debian has now"
        while read -r _ name; do
            cp "$into/$name" "$cache/sources/.$name.$$"
            mv "$cache/sources/.$name.$$" "$cache/sources/$name"
        done <<<"$sums"
    else
        while read -r _ name; do
            cp "$cache/sources/$name" "$into/"
        done <<<"$sums"
    fi
}

# Unpacks a package with Debian's patches applied, as $work/src/<package>. The files' hashes are
# checked by now, so the signature of the .dsc (whose key this machine need not have) is not.
unpack() {
    local package=$1 dsc
    mkdir -p "$work/fetch/$package" "$work/src"
    fetch "$package" "$work/fetch/$package"
    dsc=$(awk -v p="$package" '$1 == p && $3 ~ /\.dsc$/ { print $3 }' "$here/pins.txt")
    (cd "$work/fetch/$package" && dpkg-source -q --no-check -x "$dsc" "$work/src/$package" >&2)
}

build_musl() {
    ./configure --prefix=/usr --syslibdir=/lib --disable-shared --disable-gcc-wrapper \
        CFLAGS="-fPIE -fno-asynchronous-unwind-tables"
    make -j"$jobs"
    make install DESTDIR="$root"
}

build_zlib() {
    CHOST=${cross%-} CFLAGS=$cflags ./configure --static --prefix=/usr
    make -j"$jobs" libz.a
    cp zlib.h zconf.h "$root/usr/include/"
    cp libz.a "$root/usr/lib/"
}

# libelf needs none of argp, fts and obstack, which musl lacks; elfutils' other tools do. All that
# it takes from elfutils' internal library is the search tree.
build_elfutils() {
    CFLAGS=$cflags ./configure ${cross:+--host="${cross%-}"} --prefix=/usr --disable-nls --disable-demangler \
        --disable-debuginfod --disable-libdebuginfod --disable-symbol-versioning \
        --without-bzlib --without-lzma --without-zstd \
        ac_cv_search_argp_parse="none required" ac_cv_search_fts_close="none required" \
        ac_cv_search__obstack_free="none required"
    make -C lib eu-search.o
    make -j"$jobs" -C libelf libelf.a
    "$AR" rs libelf/libelf.a lib/eu-search.o
    mkdir -p "$root/usr/include/elfutils"
    cp libelf/libelf.h libelf/gelf.h "$root/usr/include/"
    cp version.h "$root/usr/include/elfutils/"
    cp libelf/libelf.a "$root/usr/lib/"
}

build_cjson() {
    # shellcheck disable=SC2086 # a list of flags
    cc $cflags -c cJSON.c -o cJSON.o
    "$AR" rcs libcjson.a cJSON.o
    mkdir -p "$root/usr/include/cjson"
    cp cJSON.h "$root/usr/include/cjson/"
    cp libcjson.a "$root/usr/lib/"
}

build_openssl() {
    # shellcheck disable=SC2086 # a list of flags
    ./Configure "linux-$machine" --prefix=/usr --openssldir=/etc/ssl --libdir=lib \
        "${openssl_options[@]}" threads $cflags $no_environment
    make -j"$jobs" build_generated
    # AES and RSA for AVX-512 would be a third of the binary, and nothing here encrypts. OpenSSL
    # has stubs for assemblers that are too old for them: tell it of one, for these files only.
    if [ "$machine" = x86_64 ]; then
        make CC="echo GNU assembler version 2.20" \
            crypto/modes/aes-gcm-avx512.s crypto/aes/aesni-xts-avx512.s \
            crypto/bn/rsaz-{2k,3k,4k}-{avx512,avxifma}.s
    fi
    make -j"$jobs" libcrypto.a
    cp -r include/openssl "$root/usr/include/"
    rm -f "$root"/usr/include/openssl/*.in
    cp libcrypto.a "$root/usr/lib/"
}

# The compiler, under a name and with arguments that are the same wherever it runs: OpenSSL writes
# its command line into the library. musl itself is built with a plain gcc.
make_compiler() {
    mkdir -p "$work/bin"
    {
        echo '#!/bin/bash'
        printf '%q ' exec "${cross}gcc" "-ffile-prefix-map=$work=." "$@"
        echo '"$@"'
    } >"$work/bin/cc"
    chmod +x "$work/bin/cc"
}

build_one() {
    local package=$1 log=$work/$1.log status=0
    unpack "$package"
    say "building $package"
    # Not "( ... ) || ...": there the shell would go on after a command that failed.
    set +e
    (
        set -e
        cd "$work/src/$package"
        SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -S Timestamp)
        export SOURCE_DATE_EPOCH
        "build_$package"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log" >&2
        die "$package does not build"
    fi
}

build_all() {
    local target=$1
    # musl's Makefile cannot install below such a path, and says so in a hundred lines.
    [[ $cache != *[[:space:]]* ]] || die "the cache's path '$cache' has a space: set XDG_CACHE_HOME"
    jobs=$(nproc)
    work=$(mktemp -d "$cache/build.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    root=$work/root
    mkdir -p "$root"
    export CC=cc AR="${cross}ar" RANLIB="${cross}ranlib" PATH="$work/bin:$PATH"
    make_compiler
    build_one musl
    make_compiler --sysroot="$root" -specs="$here/musl.specs"
    for package in zlib elfutils cjson openssl; do
        build_one "$package"
    done
    # The kernel's headers are not part of what is built: links to those of the compiler's package.
    mkdir "$root/usr/kernel"
    if [ -n "$cross" ]; then
        ln -s "/usr/${cross%-}/include"/{linux,asm-generic,asm} "$root/usr/kernel/"
    else
        ln -s /usr/include/linux /usr/include/asm-generic "/usr/include/$(gcc -dumpmachine)/asm" \
            "$root/usr/kernel/"
    fi
    awk '!/^#/ && NF && !seen[$1]++ { print $1, $2 }' "$here/pins.txt" >"$root/versions"
    mv "$root" "$target"
}

# The newest version that can be had: a mirror may list one that it does not hold (yet).
fetch_newest() {
    local package=$1 version
    while read -r version; do
        if private_apt apt-get "$work/apt" source -d --only-source "$package=$version" >&2; then
            echo "$version"
            return 0
        fi
        say "$package $version is listed but cannot be fetched, trying the one before it"
        rm -f ./*
    done < <(private_apt apt-cache "$work/apt" showsrc --only-source "$package" |
        sed -n 's/^Version: //p' | sort -urV)
    die "no version of $package can be fetched"
}

update_pins() {
    local package version file
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    private_sources "$work/apt"
    sed -n '/^#/p' "$here/pins.txt" >"$work/pins.txt"
    for package in musl zlib elfutils cjson openssl; do
        mkdir -p "$work/$package"
        cd "$work/$package"
        version=$(fetch_newest "$package")
        for file in *; do
            echo "$package $version $file $(sha256sum <"$file" | cut -d ' ' -f 1)"
        done >>"$work/pins.txt"
    done
    # Not moved: the file keeps its owner and mode.
    cat "$work/pins.txt" >"$here/pins.txt"
}

case "${1:-}" in
--mirrors)
    mirrors
    exit 0
    ;;
--update-pins)
    update_pins
    exit 0
    ;;
"") machine=$(uname -m) ;;
amd64) machine=x86_64 ;;
arm64) machine=aarch64 ;;
*)
    echo "usage: docker/build-libs.sh [amd64 | arm64 | --mirrors | --update-pins]" >&2
    exit 2
    ;;
esac

# Prefix of the compiler's names, and its Debian triplet with a hyphen.
cross=
[ "$machine" = "$(uname -m)" ] || cross=$machine-linux-gnu-
command -v "${cross}gcc" >/dev/null || die "no ${cross}gcc: docker/deps.sh build cross installs it"
sysroot=$cache/sysroot-$(key)
if [ ! -d "$sysroot" ]; then
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    # Another call may build the same folder at this moment: wait, then look again.
    flock 9
    [ -d "$sysroot" ] || build_all "$sysroot"
fi
echo "$sysroot"
