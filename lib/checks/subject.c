/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/subject.h"

#include <string.h>

#include "checks/check.h"
#include "checks/libraries.h"
#include "checks/words.h"
#include "core/mem.h"

struct evaluation {
    const struct ig_scene *scene;
    const struct ig_subject *subject;
    struct ig_target *target;  /* NULL for proc and volume */
    struct ig_volume *volume;  /* NULL for all but a volume */
    struct ig_files *files;
    struct ig_result *results;
};

static const struct ig_check *check_of(const struct ig_setting *setting)
{
    /* The first member, so the check has its address (C11 6.7.2.1). */
    _Static_assert(offsetof(struct ig_check, spec) == 0, "a check begins with its spec");
    return (const struct ig_check *)(const void *)setting->spec;
}

static bool is_lookup_check(const char *id)
{
    return strcmp(id, "binary.file") == 0 || strcmp(id, "file.attributes") == 0;
}

/* Then a failed look-up check (over who may write it, say) keeps nothing else from being judged. */
static bool has_content(const struct ig_target *target)
{
    const struct ig_meta *meta = target != NULL ? ig_target_meta(target) : NULL;
    return meta != NULL && ig_meta_is(meta, S_IFREG) && meta->size > 0;
}

/* The first of NEEDS that was evaluated, did not hold, and shows in the exit code. One that the
 * policy lowered to a warning excuses nothing: a digest that was asked for would be skipped, and
 * the run would pass. */
static const char *failed_need(const struct evaluation *ev, const struct ig_check *check)
{
    for (size_t n = 0; check->needs != NULL && check->needs[n] != NULL; n++) {
        if (is_lookup_check(check->needs[n]) && has_content(ev->target)) {
            continue;
        }
        for (size_t i = 0; i < ev->subject->setting_count; i++) {
            const struct ig_result *r = &ev->results[i];
            if (strcmp(ev->subject->settings[i].spec->id, check->needs[n]) == 0 &&
                (r->status == IG_STATUS_FAIL || r->status == IG_STATUS_ERROR) &&
                r->message != NULL) {
                return check->needs[n];
            }
        }
    }
    return NULL;
}

static void evaluate(const struct evaluation *ev, const struct ig_setting *setting,
                     struct ig_result *r)
{
    const struct ig_check *check = check_of(setting);
    struct ig_question q = {ev->scene, ev->subject, setting, ev->target, ev->volume, ev->files};
    const char *need = failed_need(ev, check);
    if (setting->off) {
        ig_result_set(r, IG_STATUS_SKIP, "Switched off by the policy.");
    } else if (check->spec.on_request && !setting->given) {
        ig_result_set(r, IG_STATUS_SKIP, "Not asked for by the policy.");
    } else if (ev->scene->root_fault != NULL && ev->target != NULL) {
        ig_result_set(r, is_lookup_check(check->spec.id) ? IG_STATUS_FAIL : IG_STATUS_SKIP, "%s",
                      ev->scene->root_fault);
        if (is_lookup_check(check->spec.id)) {
            ig_result_fix(r, "Mount the main container's image there, by digest.");
        }
    } else if (need != NULL) {
        ig_result_set(r, IG_STATUS_SKIP, "Not evaluated, since %s did not pass.", need);
    } else if (ev->target != NULL && ev->target->walk.error != 0 && check->needs != NULL) {
        /* Its look-up check is switched off or only warns, but nothing can be said of a file that
         * is not there. */
        ig_say_not_found(&q, "The file", &ev->target->walk, r);
    } else {
        check->run(&q, r);
    }
    if (r->message == NULL) {
        ig_result_set(r, IG_STATUS_ERROR, "The check gave no answer (a defect of initgate).");
    }
}

static void apply_severity(const struct ig_setting *setting, struct ig_result *r)
{
    if (setting->severity == IG_SEVERITY_WARN && r->status == IG_STATUS_FAIL) {
        r->status = IG_STATUS_WARN;
    } else if (setting->severity == IG_SEVERITY_FAIL && r->status == IG_STATUS_WARN) {
        r->status = IG_STATUS_FAIL;
    }
}

static bool chain_changed(const struct evaluation *ev, struct ig_error *e)
{
    for (const struct ig_target *t = ev->target; t != NULL; t = t->next) {
        if (ig_target_changed(t, ev->scene->root, e)) {
            return true;
        }
    }
    return false;
}

/* A pass is worth nothing where the file moved under it. */
static void look_again(const struct evaluation *ev,
                       void (*publish)(void *, size_t, struct ig_result *), void *context)
{
    struct ig_error e = {0};
    if (ev->target == NULL || ev->scene->root == NULL || !chain_changed(ev, &e)) {
        return;
    }
    for (size_t i = 0; i < ev->subject->setting_count; i++) {
        struct ig_result *r = &ev->results[i];
        if (r->status == IG_STATUS_PASS || r->status == IG_STATUS_WARN) {
            ig_result_set(r, IG_STATUS_ERROR, "It passed, but %s.", e.text);
            ig_result_fix(r, "Let nobody write to it while the pod starts.");
            publish(context, i, r);
        }
    }
}

static void add_uses(const struct ig_target *target, struct ig_uses *uses)
{
    for (const struct ig_target *t = target; t != NULL; t = t->next) {
        ig_uses_add(uses, t->loader);
        if (t->libraries != NULL) {
            ig_libraries_uses(t->libraries, uses);
        }
    }
}

void ig_subject_run(const struct ig_scene *scene, const struct ig_subject *subject,
                    struct ig_volume *volume, struct ig_uses *uses,
                    void (*publish)(void *context, size_t index, struct ig_result *result),
                    void *context)
{
    struct ig_target target = {.fd = -1};
    struct evaluation ev = {.scene = scene, .subject = subject, .files = uses->files};
    IG_AUTO_FREE struct ig_result *results =
        ig_alloc_array(subject->setting_count, sizeof *results);
    ev.results = results;
    if (subject->kind == IG_KIND_BINARY || subject->kind == IG_KIND_FILE) {
        ev.target = &target;
        if (scene->root != NULL) {
            IG_AUTO_FREE char *path = ig_scene_path(scene, subject->path);
            ig_target_open(&target, scene->root, uses->files, path);
        }
    } else if (subject->kind == IG_KIND_VOLUME) {
        ev.volume = volume;
    }
    for (size_t i = 0; i < subject->setting_count; i++) {
        results[i].check = subject->settings[i].spec->id;
        evaluate(&ev, &subject->settings[i], &results[i]);
        apply_severity(&subject->settings[i], &results[i]);
        publish(context, i, &results[i]);
    }
    look_again(&ev, publish, context);
    for (size_t i = 0; i < subject->setting_count; i++) {
        ig_result_free(&results[i]);
    }
    if (ev.target != NULL) {
        add_uses(&target, uses);
        ig_target_close(&target);
    }
}

void ig_subject_again(const struct ig_scene *scene, const struct ig_subject *subject,
                      struct ig_volume *volume, const struct ig_result *said,
                      void (*publish)(void *context, size_t index, struct ig_result *result),
                      void *context)
{
    for (size_t i = 0; i < subject->setting_count; i++) {
        const struct ig_setting *setting = &subject->settings[i];
        const struct ig_check *check = check_of(setting);
        struct ig_question q = {scene, subject, setting, NULL, volume, NULL};
        struct ig_result r = {.check = check->spec.id};
        if (check->again == NULL || said[i].status == IG_STATUS_FAIL ||
            said[i].status == IG_STATUS_ERROR) {
            continue;
        }
        check->again(&q, &r);
        if (r.message != NULL) {
            apply_severity(setting, &r);
            publish(context, i, &r);
        }
        ig_result_free(&r);
    }
}
