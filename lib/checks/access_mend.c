/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/access_mend.h"

#include <string.h>

#include "core/mem.h"

enum { MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4, OVERFLOW_ID = 65534 };
enum { ACL_USER_OBJ = 0x01, ACL_GROUP_OBJ = 0x04, ACL_MASK = 0x10, ACL_OTHER = 0x20 };
/* The API server takes no larger fsGroup or supplementalGroups. */
enum { GROUP_MAX = 0x7fffffff };

unsigned ig_want_bits(uint32_t mode, unsigned wants)
{
    unsigned bits = 0;
    switch (mode & S_IFMT) {
    case S_IFDIR:
        bits |= wants != 0 ? MAY_EXEC : 0;
        bits |= (wants & (IG_WANT_READ | IG_WANT_WRITE)) != 0 ? MAY_READ : 0;
        bits |= (wants & IG_WANT_WRITE) != 0 ? MAY_WRITE : 0;
        return bits;
    case S_IFREG:
        bits |= (wants & IG_WANT_EXECUTE) != 0 ? MAY_EXEC : 0;
        /* fallthrough */
    case S_IFIFO:
        bits |= (wants & (IG_WANT_READ | IG_WANT_WRITE)) != 0 ? MAY_READ : 0;
        bits |= (wants & IG_WANT_WRITE) != 0 ? MAY_WRITE : 0;
        return bits;
    case S_IFSOCK:
        /* connect(2) asks for write permission and nothing else. */
        return (wants & IG_WANT_WRITE) != 0 ? MAY_WRITE : 0;
    default:
        return 0;
    }
}

static bool may_at_once(const struct ig_cred *cred, const struct ig_meta *meta, unsigned bits,
                        bool unmapped, bool idmapped)
{
    if (idmapped && (bits & MAY_WRITE) != 0 &&
        (meta->uid == OVERFLOW_ID || meta->gid == OVERFLOW_ID)) {
        return false;
    }
    return bits == 0 || ig_cred_may(cred, meta, bits, unmapped);
}

/* The kernel is asked more than once of a folder (to list it, to pass it, to create in it), and each
 * time another group entry or capability may be what permits. */
static bool may(const struct ig_cred *cred, const struct ig_meta *meta, unsigned bits,
                bool unmapped, bool idmapped)
{
    unsigned apart = ig_meta_is(meta, S_IFDIR) ? bits & MAY_READ : 0;
    return may_at_once(cred, meta, apart, unmapped, idmapped) &&
           may_at_once(cred, meta, bits & ~apart, unmapped, idmapped);
}

bool ig_access_may(const struct ig_access_who *who, const struct ig_meta *meta, unsigned wants)
{
    return may(&who->cred, meta, ig_want_bits(meta->mode, wants), who->unmapped, who->idmapped);
}

static bool same_shape(const struct ig_access_shape *a, const struct ig_access_shape *b)
{
    return a->wants == b->wants && a->affected == b->affected &&
           a->unmapped == b->unmapped && a->idmapped == b->idmapped &&
           a->meta.mode == b->meta.mode && a->meta.uid == b->meta.uid &&
           a->meta.gid == b->meta.gid && a->meta.acl_count == b->meta.acl_count &&
           (a->meta.acl_count == 0 ||
            memcmp(a->meta.acl, b->meta.acl, a->meta.acl_count * sizeof *a->meta.acl) == 0);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t hash_of(const struct ig_access_shape *shape)
{
    uint64_t hash = mix(shape->wants | shape->affected << 8,
                        (uint64_t)shape->meta.mode << 32 | shape->meta.uid);
    hash = mix(hash, shape->meta.gid);
    for (size_t i = 0; i < shape->meta.acl_count; i++) {
        const struct ig_acl_entry *entry = &shape->meta.acl[i];
        hash = mix(hash, (uint64_t)entry->id << 32 | (uint64_t)entry->tag << 16 | entry->perm);
    }
    return hash;
}

/* Where SHAPE is, or would be. */
static struct ig_access_shape *slot_of(const struct ig_access_shapes *shapes,
                                       const struct ig_access_shape *shape)
{
    size_t i = (size_t)hash_of(shape) & (shapes->size - 1);
    while (shapes->list[i].wants != 0 && !same_shape(&shapes->list[i], shape)) {
        i = (i + 1) & (shapes->size - 1);
    }
    return &shapes->list[i];
}

static void grow(struct ig_access_shapes *shapes)
{
    struct ig_access_shapes old = *shapes;
    shapes->size = old.size != 0 ? old.size * 2 : 64;
    shapes->list = ig_alloc_array(shapes->size, sizeof *shapes->list);
    for (size_t i = 0; i < old.size; i++) {
        if (old.list[i].wants != 0) {
            *slot_of(shapes, &old.list[i]) = old.list[i];
        }
    }
    free(old.list);
}

void ig_access_shapes_add(struct ig_access_shapes *shapes, const struct ig_access_who *who,
                          const struct ig_meta *meta, unsigned wants, unsigned affected)
{
    struct ig_access_shape shape = {
        .meta = {.mode = meta->mode, .uid = meta->uid, .gid = meta->gid, .acl = meta->acl,
                 .acl_count = meta->acl_count},
        .wants = wants,
        .affected = affected,
        .unmapped = who->unmapped,
        .idmapped = who->idmapped,
    };
    if (shapes->count * 2 >= shapes->size) {
        grow(shapes);
    }
    struct ig_access_shape *slot = slot_of(shapes, &shape);
    if (slot->wants == 0) {
        *slot = shape;
        ig_meta_copy(&slot->meta, &shape.meta);
        shapes->count++;
    }
}

void ig_access_shapes_free(struct ig_access_shapes *shapes)
{
    for (size_t i = 0; i < shapes->size; i++) {
        ig_meta_free(&shapes->list[i].meta);
    }
    free(shapes->list);
    *shapes = (struct ig_access_shapes){0};
}

/* chmod(2): an ACL's group class is its mask (__posix_acl_chmod_masq() in fs/posix_acl.c). */
static void apply_mode(struct ig_meta *meta, uint32_t permissions)
{
    meta->mode = (meta->mode & ~07777U) | permissions;
    bool has_mask = false;
    for (size_t i = 0; i < meta->acl_count; i++) {
        has_mask = has_mask || meta->acl[i].tag == ACL_MASK;
    }
    for (size_t i = 0; i < meta->acl_count; i++) {
        struct ig_acl_entry *entry = &meta->acl[i];
        if (entry->tag == ACL_USER_OBJ) {
            entry->perm = permissions >> 6 & 7;
        } else if (entry->tag == (has_mask ? ACL_MASK : ACL_GROUP_OBJ)) {
            entry->perm = permissions >> 3 & 7;
        } else if (entry->tag == ACL_OTHER) {
            entry->perm = permissions & 7;
        }
    }
}

/* A change tried on every shape. */
struct trial {
    const struct ig_cred *cred;
    enum ig_volume_sort sort;
    struct ig_mend mend;
};

/* changeFilePermission() of the kubelet (pkg/volume/volume_linux.go); what it writes itself counts
 * as read-only there. */
static void apply_fs_group(struct ig_meta *meta, uint32_t gid, enum ig_volume_sort sort)
{
    uint32_t mask = sort == IG_VOLUME_ATOMIC ? 0440 : 0660;
    mask |= ig_meta_is(meta, S_IFDIR) ? 02110 : 0;
    meta->gid = gid;
    apply_mode(meta, (meta->mode & 07777U) | mask);
}

const char *ig_mend_letters(unsigned want)
{
    /* A script must be read by its interpreter too. */
    return (want & IG_WANT_WRITE) != 0     ? "rwX"
           : (want & IG_WANT_READ) != 0    ? "rX"
           : (want & IG_WANT_EXECUTE) != 0 ? "rx"
                                           : "x";
}

/* What chmod CLASSES+ig_mend_letters(WANT) adds. */
static void apply_chmod(struct ig_meta *meta, unsigned want, unsigned classes)
{
    bool any_x = ig_meta_is(meta, S_IFDIR) || (meta->mode & 0111) != 0;
    uint32_t bits = want == IG_WANT_EXECUTE  ? MAY_READ | MAY_EXEC
                    : want == IG_WANT_SEARCH ? MAY_EXEC
                                             : MAY_READ | (any_x ? MAY_EXEC : 0);
    bits |= want == IG_WANT_WRITE ? MAY_WRITE : 0;
    uint32_t added = ((classes & IG_CLASS_USER) != 0 ? bits << 6 : 0) |
                     ((classes & IG_CLASS_GROUP) != 0 ? bits << 3 : 0) |
                     ((classes & IG_CLASS_OTHER) != 0 ? bits : 0);
    apply_mode(meta, (meta->mode & 07777U) | added);
}

static void apply_commands(struct ig_meta *meta, unsigned wants, const struct trial *trial)
{
    for (unsigned kind = 0; kind < IG_WANT_KINDS; kind++) {
        if ((wants >> kind & 1) != 0 && trial->mend.on[kind].chown) {
            meta->uid = trial->cred->uid;
            meta->gid = trial->cred->gid;
        }
    }
    for (unsigned kind = 0; kind < IG_WANT_KINDS; kind++) {
        if ((wants >> kind & 1) != 0) {
            apply_chmod(meta, 1U << kind, trial->mend.on[kind].classes);
        }
    }
}

static void apply(struct ig_meta *meta, unsigned wants, const struct trial *trial)
{
    switch (trial->mend.kind) {
    case IG_MEND_FS_GROUP:
        apply_fs_group(meta, trial->mend.gid, trial->sort);
        break;
    case IG_MEND_DEFAULT_MODE:
        if (ig_meta_is(meta, S_IFREG)) {
            apply_mode(meta, trial->mend.mode);
        }
        break;
    case IG_MEND_COMMANDS:
        apply_commands(meta, wants, trial);
        break;
    case IG_MEND_NONE:
    case IG_MEND_SUPPLEMENTAL:
        break;
    }
}

/* ... and the groups that the user has then. A cred whose groups the caller frees. */
static struct ig_cred cred_after(const struct trial *trial)
{
    struct ig_cred cred = *trial->cred;
    cred.groups = ig_alloc_array(cred.group_count + 1, sizeof *cred.groups);
    if (cred.group_count > 0) {
        memcpy(cred.groups, trial->cred->groups, cred.group_count * sizeof *cred.groups);
    }
    if (trial->mend.kind == IG_MEND_FS_GROUP || trial->mend.kind == IG_MEND_SUPPLEMENTAL) {
        cred.groups[cred.group_count++] = trial->mend.gid;
    }
    return cred;
}

/* May all shapes of any of WANTS be used, after the change? */
static bool mends(const struct ig_access_shapes *shapes, const struct trial *trial, unsigned wants)
{
    struct ig_cred cred = cred_after(trial);
    bool good = true;
    for (size_t i = 0; good && i < shapes->size; i++) {
        const struct ig_access_shape *shape = &shapes->list[i];
        struct ig_meta meta;
        if ((shape->wants & wants) == 0) {
            continue;
        }
        ig_meta_copy(&meta, &shape->meta);
        apply(&meta, shape->affected, trial);
        good = may(&cred, &meta, ig_want_bits(meta.mode, shape->wants & wants), shape->unmapped,
                   shape->idmapped);
        ig_meta_free(&meta);
    }
    free(cred.groups);
    return good;
}

enum { ALL_WANTS = IG_WANT_READ | IG_WANT_WRITE | IG_WANT_EXECUTE | IG_WANT_SEARCH };

/* The least command after which all shapes of the want may be used for that. */
static bool find_command(const struct ig_access_shapes *shapes, struct trial *trial, unsigned kind)
{
    static const struct ig_mend_command order[] = {
        {false, 0},
        {false, IG_CLASS_GROUP},
        {false, IG_CLASS_USER},
        {false, IG_CLASS_OTHER},
        {false, IG_CLASS_GROUP | IG_CLASS_USER},
        {false, IG_CLASS_GROUP | IG_CLASS_OTHER},
        {false, IG_CLASS_USER | IG_CLASS_OTHER},
        {false, IG_CLASS_USER | IG_CLASS_GROUP | IG_CLASS_OTHER},
        {true, 0},
        {true, IG_CLASS_USER},
    };
    unsigned want = 1U << kind;
    for (size_t i = 0; i < IG_COUNT(order); i++) {
        /* Nothing is to be writable by everyone. */
        bool open = want == IG_WANT_WRITE && (order[i].classes & IG_CLASS_OTHER) != 0;
        trial->mend.on[kind] = order[i];
        if (!open && mends(shapes, trial, want)) {
            return true;
        }
    }
    return false;
}

/* For each want of which something is refused; what is to be written first, since it may take a new
 * owner. */
static bool find_commands(const struct ig_access_shapes *shapes, struct trial *trial)
{
    static const unsigned order[IG_WANT_KINDS] = {1, 0, 2, 3};
    unsigned affected = 0;
    bool found = true;
    for (size_t i = 0; i < shapes->size; i++) {
        affected |= shapes->list[i].affected;
    }
    trial->mend = (struct ig_mend){.kind = IG_MEND_COMMANDS};
    for (size_t i = 0; found && i < IG_WANT_KINDS; i++) {
        found = (affected >> order[i] & 1) == 0 || find_command(shapes, trial, order[i]);
    }
    if (found && mends(shapes, trial, ALL_WANTS)) {
        return true;
    }
    /* One may undo the other: a new owner has other bits. */
    for (unsigned kind = 0; 1U << kind != IG_WANT_SEARCH; kind++) {
        trial->mend.on[kind] = (struct ig_mend_command){
            (affected >> kind & 1) != 0, (affected >> kind & 1) != 0 ? IG_CLASS_USER : 0};
    }
    return mends(shapes, trial, ALL_WANTS);
}

/* One that is refused as it is, or NULL. */
static const struct ig_access_shape *find_refused(const struct ig_access_shapes *shapes,
                                                  const struct ig_cred *cred)
{
    for (size_t i = 0; i < shapes->size; i++) {
        const struct ig_access_shape *shape = &shapes->list[i];
        if (shape->wants != 0 && !may(cred, &shape->meta,
                                      ig_want_bits(shape->meta.mode, shape->wants),
                                      shape->unmapped, shape->idmapped)) {
            return shape;
        }
    }
    return NULL;
}

static bool find_default_mode(const struct ig_access_shapes *shapes, struct trial *trial)
{
    static const uint32_t modes[] = {0444, 0555};
    for (size_t i = 0; i < IG_COUNT(modes); i++) {
        trial->mend = (struct ig_mend){.kind = IG_MEND_DEFAULT_MODE, .mode = modes[i]};
        if (mends(shapes, trial, ALL_WANTS)) {
            return true;
        }
    }
    return false;
}

struct ig_mend ig_mend_find(const struct ig_access_shapes *shapes, const struct ig_cred *cred,
                            enum ig_volume_sort sort)
{
    struct trial trial = {.cred = cred, .sort = sort};
    const struct ig_mend none = {.kind = IG_MEND_NONE};
    const struct ig_access_shape *shape = find_refused(shapes, cred);
    if (shape == NULL) {
        return none;
    }
    trial.mend = (struct ig_mend){.kind = IG_MEND_FS_GROUP, .gid = cred->gid};
    if (sort != IG_VOLUME_PLAIN && cred->gid <= GROUP_MAX && mends(shapes, &trial, ALL_WANTS)) {
        return trial.mend;
    }
    /* Of any that is refused: its group must be right for each of them. */
    trial.mend = (struct ig_mend){.kind = IG_MEND_SUPPLEMENTAL, .gid = shape->meta.gid};
    /* Root's group would open much else to the program. */
    if (shape->meta.gid != 0 && shape->meta.gid <= GROUP_MAX &&
        mends(shapes, &trial, ALL_WANTS)) {
        return trial.mend;
    }
    if (sort == IG_VOLUME_ATOMIC) {
        /* The kubelet would write its own owners and modes again. */
        return find_default_mode(shapes, &trial) ? trial.mend : none;
    }
    return find_commands(shapes, &trial) ? trial.mend : none;
}
