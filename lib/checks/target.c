/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/target.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "checks/libraries.h"
#include "core/mem.h"
#include "elf/head.h"

/* FILES may know the directories already; of a way that fails only a whole walk tells the hops. */
static int walk_to(struct ig_target *target, const struct ig_fsroot *root, struct ig_files *files)
{
    if (files != NULL && ig_files_walk(files, root, target->path, &target->walk) == 0) {
        return 0;
    }
    ig_walk_free(&target->walk);
    return ig_fsroot_walk(root, target->path, 0, &target->walk);
}

void ig_target_open(struct ig_target *target, const struct ig_fsroot *root,
                    struct ig_files *files, const char *path)
{
    *target = (struct ig_target){.fd = -1, .path = ig_strdup(path),
                                 .walk = {.fd = -1, .parent_fd = -1}};
    if (walk_to(target, root, files) != 0) {
        ig_error_set(&target->unread, target->walk.error, "%s cannot be found", path);
        return;
    }
    const struct ig_meta *meta = ig_target_meta(target);
    /* /proc/kmsg calls itself regular, has size 0, and a read of it blocks. */
    if (!ig_meta_is(meta, S_IFREG) || meta->size == 0) {
        ig_error_set(&target->unread, 0, "it is %s",
                     ig_meta_is(meta, S_IFREG) ? "empty" : "not a regular file");
        return;
    }
    target->fd = ig_walk_open(&target->walk, &target->unread);
}

void ig_target_close(struct ig_target *target)
{
    if (target->path == NULL) {
        return;  /* never opened: the zeroes in it are no descriptors */
    }
    if (target->fd >= 0) {
        close(target->fd);
    }
    if (target->parsed) {
        ig_image_free(&target->image);
    }
    ig_libraries_free(target->libraries);
    if (target->next != NULL) {
        ig_target_close(target->next);
        free(target->next);
    }
    ig_walk_free(&target->walk);
    free(target->env_path);
    free(target->path);
    *target = (struct ig_target){.fd = -1};
}

const struct ig_meta *ig_target_meta(const struct ig_target *target)
{
    const struct ig_hop *final = ig_walk_final(&target->walk);
    return final != NULL ? &final->meta : NULL;
}

const struct ig_image *ig_target_image(struct ig_target *target, struct ig_error *e)
{
    if (target->fd < 0) {
        *e = target->unread;
        return NULL;
    }
    if (!target->parsed) {
        struct ig_head head;
        target->parse_failed =
            ig_head_open(&head, target->fd, ig_target_meta(target)->size) != 0
                ? ig_error_set(&target->parse_error, errno, "reading its first page")
                : ig_image_parse(&head.bytes, &target->image, &target->parse_error);
        target->parsed = true;
    }
    if (target->parse_failed != 0) {
        *e = target->parse_error;
        return NULL;
    }
    return &target->image;
}

int ig_target_digest(const struct ig_target *target, char hex[IG_SHA256_HEX + 1],
                     struct ig_error *e)
{
    static const char empty_sha256[] =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const struct ig_meta *meta = ig_target_meta(target);
    struct ig_sha256 digest;
    unsigned long long size = 0;
    if (meta != NULL && ig_meta_is(meta, S_IFREG) && meta->size == 0) {
        memcpy(hex, empty_sha256, sizeof empty_sha256);
        return 0;
    }
    if (target->fd < 0) {
        *e = target->unread;
        return -1;
    }
    if (ig_sha256_fd(target->fd, meta->size, NULL, &digest, &size, e) != 0) {
        return -1;
    }
    if (size != meta->size) {
        return ig_error_set(e, 0, "its size changed while it was read: %llu bytes came, %llu were "
                                  "expected", size, (unsigned long long)meta->size);
    }
    ig_sha256_hex(&digest, hex);
    return 0;
}

bool ig_target_changed(const struct ig_target *target, const struct ig_fsroot *root,
                       struct ig_error *e)
{
    const struct ig_meta *before = ig_target_meta(target);
    struct ig_walk again;
    if (before == NULL) {
        return false;
    }
    ig_fsroot_walk(root, target->path, IG_WALK_BARE, &again);
    const struct ig_hop *final = ig_walk_final(&again);
    bool changed = final == NULL || !ig_meta_same_content(before, &final->meta);
    if (changed && final != NULL && (final->meta.ino != before->ino ||
                                     final->meta.dev != before->dev)) {
        ig_error_set(e, 0, "the path leads to another file than when the check began");
    } else if (changed && final == NULL) {
        ig_error_set(e, again.error, "the file disappeared while it was being checked");
    } else if (changed) {
        ig_error_set(e, 0, "the file was changed while it was being checked");
    }
    ig_walk_free(&again);
    return changed;
}
