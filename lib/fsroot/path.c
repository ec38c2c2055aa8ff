/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/mem.h"
#include "fsroot/fsroot.h"

char *ig_path_normal(const char *path)
{
    struct ig_buf out = {0};
    bool absolute = path[0] == '/';
    while (*path != '\0') {
        path += strspn(path, "/");
        size_t length = strcspn(path, "/");
        if (length != 0 && !(length == 1 && path[0] == '.')) {
            if (absolute || out.length != 0) {
                ig_buf_adds(&out, "/");
            }
            ig_buf_add(&out, path, length);
        }
        path += length;
    }
    if (out.length == 0) {
        ig_buf_adds(&out, absolute ? "/" : ".");
    }
    return ig_buf_steal(&out);
}
