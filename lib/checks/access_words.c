/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/access_words.h"

#include <inttypes.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

enum { SHOWN = 4 /* paths that a sentence lists */, COMMANDED = 24 /* and a command */ };

static const char *const verbs[IG_WANT_KINDS] = {"read", "write", "execute", "search"};

/* Paths in a row, the first few of them. */
struct row {
    struct ig_buf text;
    size_t count;
};

static void add_to_row(struct row *row, size_t most, const char *separator, const char *path)
{
    if (row->count++ < most) {
        ig_buf_addf(&row->text, "%s%s", row->text.length != 0 ? separator : "", path);
    }
}

static void end_row(struct row *row, size_t most)
{
    if (row->count > most) {
        ig_buf_addf(&row->text, " and %zu more", row->count - most);
    }
}

static char *asked_text(const struct ig_strings *asked)
{
    struct row row = {0};
    for (size_t i = 0; i < asked->count; i++) {
        IG_AUTO_FREE char *path = ig_escaped(asked->list[i]);
        add_to_row(&row, SHOWN, ", ", path);
    }
    end_row(&row, SHOWN);
    return ig_buf_steal(&row.text);
}

/* PATH as a shell takes it. */
static char *quoted(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+,:@%=";
    struct ig_buf out = {0};
    if (path[strspn(path, plain)] == '\0') {
        return ig_strdup(path);
    }
    ig_buf_adds(&out, "'");
    for (const char *p = path; *p != '\0'; p++) {
        ig_buf_addf(&out, *p == '\'' ? "'\\%c'" : "%c", *p);
    }
    ig_buf_adds(&out, "'");
    return ig_buf_steal(&out);
}

/* The places of which any of WANTS are refused, as arguments of a command. */
static char *refused_paths(const struct ig_access_survey *s, unsigned wants)
{
    const char *base = s->q->subject->path;
    struct row row = {0};
    for (const struct ig_access_place *p = s->places.first; p != NULL; p = p->next) {
        if (ig_access_places_outermost(&s->places, p, wants)) {
            bool whole = strcmp(p->path, ".") == 0;
            IG_AUTO_FREE char *full = ig_format("%s%s%s", base, whole ? "" : "/",
                                                whole ? "" : p->path);
            IG_AUTO_FREE char *path = quoted(full);
            add_to_row(&row, COMMANDED, " ", path);
        }
    }
    end_row(&row, COMMANDED);
    return ig_buf_steal(&row.text);
}

static void add_command(struct ig_buf *out, const char *command, const char *paths)
{
    ig_buf_addf(out, "%s%s %s", out->length != 0 ? " && " : "", command, paths);
}

static void add_chmod(struct ig_buf *out, const struct ig_access_survey *s, unsigned classes,
                      unsigned want)
{
    if (classes == 0) {
        return;
    }
    IG_AUTO_FREE char *paths = refused_paths(s, want);
    IG_AUTO_FREE char *command = ig_format(
        "chmod %s%s%s%s+%s", want == IG_WANT_SEARCH ? "" : "-R ",
        (classes & IG_CLASS_USER) != 0 ? "u" : "", (classes & IG_CLASS_GROUP) != 0 ? "g" : "",
        (classes & IG_CLASS_OTHER) != 0 ? "o" : "", ig_mend_letters(want));
    add_command(out, command, paths);
}

static void add_chown(struct ig_buf *out, const struct ig_access_survey *s, const char *option,
                      unsigned wants)
{
    if (wants != 0) {
        IG_AUTO_FREE char *paths = refused_paths(s, wants);
        IG_AUTO_FREE char *command = ig_format("chown %s%" PRIu32 ":%" PRIu32, option,
                                               s->who.cred.uid, s->who.cred.gid);
        add_command(out, command, paths);
    }
}

static char *commands(const struct ig_access_survey *s, const struct ig_mend *mend)
{
    struct ig_buf out = {0};
    unsigned taken = 0;
    for (unsigned kind = 0; kind < IG_WANT_KINDS; kind++) {
        taken |= mend->on[kind].chown ? 1U << kind : 0;
    }
    add_chown(&out, s, "", taken & IG_WANT_SEARCH);
    add_chown(&out, s, "-R ", taken & ~(unsigned)IG_WANT_SEARCH);
    for (unsigned kind = 0; kind < IG_WANT_KINDS; kind++) {
        add_chmod(&out, s, mend->on[kind].classes, 1U << kind);
    }
    return ig_buf_steal(&out);
}

static enum ig_volume_sort sort_of(const struct ig_access_survey *s)
{
    const struct ig_mount *mount = s->q->volume->mount;
    if (mount == NULL || ig_options_have(mount->super_options, "ro")) {
        return IG_VOLUME_PLAIN;
    }
    if (ig_access_survey_atomic(s)) {
        return IG_VOLUME_ATOMIC;
    }
    static const char *const foreign[] = {"nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs",
                                          "overlay", NULL};
    for (size_t i = 0; foreign[i] != NULL; i++) {
        if (strcmp(mount->fstype, foreign[i]) == 0) {
            return IG_VOLUME_PLAIN;
        }
    }
    /* A folder of a file system that is not the kubelet's may be a hostPath. */
    IG_AUTO_FREE char *kind = ig_mount_kubelet_kind(mount, NULL);
    return kind != NULL || strcmp(mount->root, "/") == 0 ? IG_VOLUME_MANAGED : IG_VOLUME_PLAIN;
}

/* The one change that mends all that is refused; appended to FIX. */
static void add_mend(struct ig_access_survey *s, struct ig_buf *fix)
{
    enum ig_volume_sort sort = sort_of(s);
    struct ig_mend mend = ig_access_survey_mend(s, sort);
    IG_AUTO_FREE char *shell = NULL;
    switch (mend.kind) {
    case IG_MEND_FS_GROUP:
        ig_buf_addf(fix, "Set fsGroup: %" PRIu32 " in the pod's securityContext: the kubelet then "
                         "gives the volume's files to that group. ", mend.gid);
        return;
    case IG_MEND_SUPPLEMENTAL:
        ig_buf_addf(fix, "Add %" PRIu32 " to the pod's supplementalGroups, and to runAs.groups: "
                         "that group may use them all. ", mend.gid);
        return;
    case IG_MEND_DEFAULT_MODE:
        ig_buf_addf(fix, "Set defaultMode: 0%" PRIo32 " on the volume's source. ", mend.mode);
        return;
    case IG_MEND_COMMANDS:
        shell = commands(s, &mend);
        ig_buf_addf(fix, "Run %s where the volume is filled. ", shell);
        return;
    case IG_MEND_NONE:
        ig_buf_adds(fix, sort == IG_VOLUME_ATOMIC
                             ? "Copy the files to an emptyDir in an init container: those of a "
                               "ConfigMap, Secret or projected volume cannot be made so. "
                             : "Fill the volume as that user: no one change of owner or mode "
                               "is enough. ");
        return;
    }
}

static bool anything_refused(const struct ig_access_survey *s)
{
    return s->tally[0].refused + s->tally[1].refused + s->tally[2].refused +
               s->tally[3].refused > 0;
}

static void set_fix(struct ig_access_survey *s, struct ig_result *r)
{
    IG_AUTO_BUF struct ig_buf fix = {0};
    if (s->lost_found) {
        ig_buf_adds(&fix, "Leave out lost+found, which is the file system's own: \"access\": "
                          "{\"ignore\": [\"lost+found\"]}. ");
    }
    if (anything_refused(s)) {
        add_mend(s, &fix);
    }
    if (s->frozen != NULL) {
        ig_buf_adds(&fix, "Use a volume whose file system is not read-only. ");
    }
    if (s->noexec != NULL) {
        ig_buf_adds(&fix, "Deliver programs on a volume that is mounted without noexec (an "
                          "emptyDir is). ");
    }
    if (s->missing.refused > 0) {
        ig_buf_adds(&fix, "Create what is missing where the volume is filled, or correct the "
                          "policy. ");
    }
    if (s->unfollowable.refused > 0) {
        ig_buf_adds(&fix, "Give the symlinks to that user, or put them into a directory without "
                          "the sticky bit. ");
    }
    if (s->leading_off > 0) {
        ig_buf_adds(&fix, "Name what lies on the volume itself; what a link leads to elsewhere is "
                          "for \"files\" to judge. ");
    }
    if (s->problems.refused > s->leading_off) {
        ig_buf_adds(&fix, "See what keeps the gate from looking there: run it as root, or as the "
                          "main container's user. ");
    }
    if (fix.length == 0) {
        ig_buf_adds(&fix, "See that the main container mounts it without readOnly. ");
    }
    ig_result_fix(r, "%.*s", (int)(fix.length - 1), ig_buf_text(&fix));
}

static void add_named(struct ig_buf *out, const struct ig_access_tally *tally)
{
    ig_buf_adds(out, ig_buf_text(&tally->named));
    if (tally->refused > IG_ACCESS_NAMED) {
        ig_buf_addf(out, " and %zu more", tally->refused - IG_ACCESS_NAMED);
    }
    ig_buf_adds(out, ". ");
}

/* "may not write 12 of 340 files and directories below cache: cache/a (mode 0644, owner 0:0)" */
static void add_refused(struct ig_buf *out, const struct ig_access_survey *s,
                        const struct ig_strings *const *lists, unsigned kind, const char *who)
{
    const struct ig_access_tally *tally = &s->tally[kind];
    const struct ig_strings *asked = lists[kind];
    if (tally->refused == 0) {
        return;
    }
    ig_buf_addf(out, "%s may not %s ", who, verbs[kind]);
    if (tally->judged > 1 && asked != NULL) {
        IG_AUTO_FREE char *below = asked_text(asked);
        ig_buf_addf(out, "%zu of %zu files and directories below %s: ", tally->refused,
                    tally->judged, below);
    } else if (tally->judged > 1) {
        ig_buf_addf(out, "%zu of %zu directories on the way: ", tally->refused, tally->judged);
    }
    add_named(out, tally);
}

static void add_all(struct ig_buf *out, const char *what, const struct ig_access_tally *tally)
{
    if (tally->refused > 0) {
        ig_buf_adds(out, what);
        add_named(out, tally);
    }
}

static void add_mounts(struct ig_buf *out, const struct ig_access_survey *s)
{
    if (s->noexec != NULL) {
        IG_AUTO_FREE char *path = ig_escaped(s->noexec);
        ig_buf_addf(out, "%s lies on a noexec mount: execve gives EACCES. ", path);
    }
    if (s->frozen != NULL) {
        IG_AUTO_FREE char *path = ig_escaped(s->frozen);
        ig_buf_addf(out, "%s lies on a file system that is read-only as a whole: writing gives "
                         "EROFS. ", path);
    }
}

static void say_failed(struct ig_access_survey *s, const struct ig_strings *const *lists,
                       enum ig_outcome status, struct ig_result *r)
{
    IG_AUTO_BUF struct ig_buf text = {0};
    IG_AUTO_FREE char *who = ig_cred_text(&s->who.cred);
    add_all(&text, "Not there: ", &s->missing);
    add_mounts(&text, s);
    for (unsigned kind = 0; kind < IG_WANT_KINDS; kind++) {
        add_refused(&text, s, lists, kind, who);
    }
    add_all(&text, "Symlinks that this user may not follow: ", &s->unfollowable);
    add_all(&text, "The gate could not judge: ", &s->problems);
    ig_result_set(r, status, "%.*s", (int)(text.length - 1), ig_buf_text(&text));
    ig_result_observed(r, "read refused for %zu of %zu, write %zu of %zu, execute %zu of %zu, "
                          "search %zu of %zu; %zu missing; %zu not judged",
                       s->tally[0].refused, s->tally[0].judged, s->tally[1].refused,
                       s->tally[1].judged, s->tally[2].refused, s->tally[2].judged,
                       s->tally[3].refused, s->tally[3].judged, s->missing.refused,
                       s->problems.refused);
    set_fix(s, r);
}

static void say_passed(struct ig_access_survey *s, struct ig_result *r)
{
    IG_AUTO_BUF struct ig_buf text = {0};
    IG_AUTO_FREE char *who = ig_cred_text(&s->who.cred);
    for (unsigned kind = 0; kind < IG_WANT_KINDS; kind++) {
        if (s->tally[kind].judged > 0 && 1U << kind != IG_WANT_SEARCH) {
            ig_buf_addf(&text, "%s %s %zu", text.length != 0 ? "," : "", verbs[kind],
                        s->tally[kind].judged);
        }
    }
    ig_buf_addf(&text, "%s", text.length != 0 ? " files and directories, all that is asked"
                                              : " do all that is asked");
    if (s->mounts_below > 0) {
        ig_buf_addf(&text, "; what is mounted below them (%zu) is not judged", s->mounts_below);
    }
    if (s->read_only != NULL) {
        IG_AUTO_FREE char *path = ig_escaped(s->read_only);
        /* Only a warning: the gate's copy of a volume is best mounted read-only, the program's is
         * not. */
        ig_result_set(r, IG_STATUS_WARN, "%s may%s, but in this container %s lies on a read-only "
                                         "mount, where writing gives EROFS.", who,
                      ig_buf_text(&text), path);
        ig_result_observed(r, "read-only");
        set_fix(s, r);
        return;
    }
    ig_result_set(r, IG_STATUS_PASS, "%s may%s.", who, ig_buf_text(&text));
    ig_result_observed(r, "%s may%s", who, ig_buf_text(&text));
}

static void say_expected(const struct ig_access_survey *s, const struct ig_strings *const *lists,
                         struct ig_result *r)
{
    IG_AUTO_BUF struct ig_buf text = {0};
    IG_AUTO_FREE char *who = ig_cred_text(&s->who.cred);
    for (unsigned kind = 0; kind < IG_WANT_KINDS; kind++) {
        const struct ig_strings *asked = lists[kind];
        if (asked != NULL && asked->count > 0) {
            IG_AUTO_FREE char *paths = asked_text(asked);
            ig_buf_addf(&text, "%s %s %s", text.length != 0 ? ";" : "", verbs[kind], paths);
        }
    }
    ig_result_expected(r, "%s may%s", who, ig_buf_text(&text));
}

void ig_access_say(struct ig_access_survey *s, const struct ig_strings *const *lists,
                   struct ig_result *r)
{
    bool failed = anything_refused(s) || s->missing.refused > 0 || s->unfollowable.refused > 0 ||
                  s->noexec != NULL || s->frozen != NULL;
    say_expected(s, lists, r);
    if (failed || s->problems.refused > 0) {
        say_failed(s, lists, failed ? IG_STATUS_FAIL : IG_STATUS_ERROR, r);
    } else {
        say_passed(s, r);
    }
}
