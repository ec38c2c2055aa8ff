/* SPDX-License-Identifier: Apache-2.0 */
/* The first 10 bytes: mode, owner and group; the rest is the value of the ACL attribute. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "kernel/cred.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t groups[] = {0, 2000};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_permissions(const struct ig_meta *meta)
{
    const struct ig_cred root = {.caps = IG_CAPS_RUNTIME_DEFAULT};
    const struct ig_cred powerless = {.uid = 0};
    const struct ig_cred user = {.uid = 1001, .gid = 1001, .groups = groups, .group_count = 2};
    for (unsigned may = 0; may < 8; may++) {
        /* Capabilities only ever add, and an owner without an id only ever takes away. */
        require(!ig_cred_may(&powerless, meta, may, false) ||
                ig_cred_may(&root, meta, may, false));
        require(!ig_cred_may(&powerless, meta, may, true) || ig_cred_may(&root, meta, may, true));
        if (meta->uid == user.uid) {
            require(ig_cred_may(&user, meta, may, false) == ((meta->mode >> 6 & may) == may));
        }
        (void)ig_cred_may(&user, meta, may, true);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ig_meta meta = {0};
    struct ig_meta copy;
    uint16_t mode;
    if (size < 10) {
        return 0;
    }
    memcpy(&mode, data, sizeof mode);
    memcpy(&meta.uid, data + 2, sizeof meta.uid);
    memcpy(&meta.gid, data + 6, sizeof meta.gid);
    meta.mode = mode;
    int result = ig_acl_parse(data + 10, size - 10, &meta);
    require(result == 0 ? meta.acl_error == 0 : meta.acl_error != 0 && meta.acl == NULL);
    require((meta.acl == NULL) == (meta.acl_count == 0));
    ig_meta_copy(&copy, &meta);
    check_permissions(&copy);
    ig_meta_free(&copy);
    ig_meta_free(&meta);
    return 0;
}
