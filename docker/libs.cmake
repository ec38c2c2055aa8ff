# SPDX-License-Identifier: Apache-2.0
#
# The third-party libraries under names that are the same in both builds:
#   ig_dep_elf, ig_dep_crypto, ig_dep_cjson    everywhere
#   ig_dep_check                               dev only
# and what `initgate version` may say of them: IG_LIBC_VERSION ("musl 1.2.5-..." in release, empty
# in dev, where gnu_get_libc_version() knows).

if(IG_SYSROOT)
    function(ig_dep target library)
        add_library(${target} STATIC IMPORTED)
        set_target_properties(${target} PROPERTIES
            IMPORTED_LOCATION "${IG_SYSROOT}/usr/lib/${library}")
    endfunction()

    ig_dep(ig_dep_zlib libz.a)
    ig_dep(ig_dep_elf libelf.a)
    ig_dep(ig_dep_crypto libcrypto.a)
    ig_dep(ig_dep_cjson libcjson.a)
    target_link_libraries(ig_dep_elf INTERFACE ig_dep_zlib)

    file(STRINGS "${IG_SYSROOT}/versions" IG_LIBC_VERSION REGEX "^musl ")
    # A changed pin or recipe means another sysroot: configure again by itself.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
        "${CMAKE_CURRENT_LIST_DIR}/build-libs.sh"
        "${CMAKE_CURRENT_LIST_DIR}/pins.txt"
        "${CMAKE_CURRENT_LIST_DIR}/musl.specs")
else()
    find_package(PkgConfig REQUIRED)

    function(ig_dep target module)
        pkg_check_modules(${target} REQUIRED IMPORTED_TARGET ${module})
        add_library(${target} INTERFACE)
        target_link_libraries(${target} INTERFACE PkgConfig::${target})
    endfunction()

    ig_dep(ig_dep_elf libelf)
    ig_dep(ig_dep_crypto libcrypto)
    ig_dep(ig_dep_cjson libcjson)
    ig_dep(ig_dep_check check)
    set(IG_LIBC_VERSION "")
endif()
