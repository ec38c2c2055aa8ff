# SPDX-License-Identifier: Apache-2.0
#
# Toolchain of the release build: Debian's gcc, but musl and static libraries of our own
# (build-libs.sh), linked as a static-pie. The presets "release" (this machine) and
# "release-amd64" and "release-arm64" (IG_ARCH) use it.

# try_compile reads this file too, in a project of its own: hand the folder down, ask once.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES IG_SYSROOT IG_ARCH)
cmake_host_system_information(RESULT ig_host QUERY OS_PLATFORM)
set(ig_machine_amd64 x86_64)
set(ig_machine_arm64 aarch64)
set(ig_machine_ ${ig_host})
set(ig_machine ${ig_machine_${IG_ARCH}})
if(NOT IG_SYSROOT)
    execute_process(
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/build-libs.sh" ${IG_ARCH}
        OUTPUT_VARIABLE IG_SYSROOT
        OUTPUT_STRIP_TRAILING_WHITESPACE
        RESULT_VARIABLE ig_status)
    if(NOT ig_status EQUAL 0 OR NOT IS_DIRECTORY "${IG_SYSROOT}")
        message(FATAL_ERROR "docker/build-libs.sh failed; are its packages there? "
                            "docker/deps.sh build installs them.")
    endif()
endif()

set(CMAKE_C_COMPILER gcc)
if(NOT ig_machine STREQUAL ig_host)
    set(CMAKE_SYSTEM_NAME Linux)
    set(CMAKE_SYSTEM_PROCESSOR ${ig_machine})
    set(CMAKE_C_COMPILER ${ig_machine}-linux-gnu-gcc)
endif()
set(CMAKE_SYSROOT "${IG_SYSROOT}")
set(CMAKE_FIND_ROOT_PATH "${IG_SYSROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# Nothing may be found among the machine's glibc libraries by way of pkg-config either.
set(ENV{PKG_CONFIG_LIBDIR} "${IG_SYSROOT}/usr/lib/pkgconfig")
set(ENV{PKG_CONFIG_PATH} "")

# -specs: start files, libc and static-pie, see the file. The map keeps build paths out of the
# binary. No _FORTIFY_SOURCE: musl's headers have no checked variants, it would promise what is not
# there. maybe-uninitialized says what one version of gcc's optimizer could not prove: not a reason
# to fail on another. Not CMAKE_C_FLAGS_INIT, which an existing build folder would not read again.
add_compile_options(
    "-specs=${CMAKE_CURRENT_LIST_DIR}/musl.specs"
    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=."
    -fPIE -fstack-protector-strong -fstack-clash-protection
    -ffunction-sections -fdata-sections -Wno-error=maybe-uninitialized
    -fno-asynchronous-unwind-tables -fno-unwind-tables)
if(ig_machine STREQUAL x86_64)
    # A tenth of the binary less; binutils 2.40 has it for no other machine.
    add_link_options(-Wl,-z,pack-relative-relocs)
endif()
add_link_options(
    "-specs=${CMAKE_CURRENT_LIST_DIR}/musl.specs"
    -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code
    -Wl,--gc-sections,--build-id=none,--fatal-warnings -s)
