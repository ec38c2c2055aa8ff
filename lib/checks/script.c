/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/script.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "checks/env_command.h"
#include "core/buf.h"
#include "core/mem.h"

/* What container runtimes set where the image has none, and what glibc's and musl's execvp take
 * where it is unset. */
static const char runtime_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
static const char glibc_path[] = "/bin:/usr/bin";
static const char musl_path[] = "/usr/local/bin:/bin:/usr/bin";

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool is_env(const struct ig_target *target)
{
    return target->script != NULL &&
           strcmp(base_name(target->script->image.script_interp), "env") == 0;
}

bool ig_script_goes_on(struct ig_target *target)
{
    struct ig_error e = {0};
    const struct ig_image *image = ig_target_image(target, &e);
    return image != NULL && (image->kind == IG_IMAGE_SCRIPT ||
                             (image->kind == IG_IMAGE_ELF && is_env(target)));
}

char *ig_script_what(const struct ig_target *target, const struct ig_target *first)
{
    if (target == first) {
        return ig_strdup("The program");
    }
    return target->script != NULL ? ig_format("The script's interpreter %s", target->path)
                                  : ig_format("The program %s that env starts", target->path);
}

static const char *variable(const void *context, const char *name, bool *known)
{
    const struct ig_policy *policy = ((const struct ig_scene *)context)->policy;
    for (size_t i = 0; i < policy->env_count; i++) {
        if (strcmp(policy->env[i].name, name) == 0) {
            return policy->env[i].value;
        }
    }
    *known = strcmp(name, "PATH") == 0;
    return *known ? runtime_path : NULL;
}

/* May the program's user execute the file at the end of TARGET's walk, as far as can be told? */
static bool executable(const struct ig_scene *scene, const struct ig_target *target)
{
    const struct ig_meta *meta = ig_target_meta(target);
    unsigned long flags = 0;
    unsigned long magic = 0;
    struct ig_error e = {0};
    if (!ig_meta_is(meta, S_IFREG) ||
        (ig_fd_statfs(target->walk.fd, &flags, &magic, &e) == 0 && (flags & ST_NOEXEC) != 0)) {
        return false;
    }
    const struct ig_hop *failing = NULL;
    return scene->run_as_known ? ig_scene_permits(scene, &target->walk, 1, &failing)
                               : (meta->mode & 0111) != 0;
}

/* The errno of execve for PATH as far as it makes execvp look further, or not; 0 where it starts.
 * INTERPRETERS: how many "#!" lines led here. */
static int execve_errno(const struct ig_scene *scene, struct ig_target *target, int interpreters)
{
    struct ig_error e = {0};
    if (target->walk.error != 0) {
        return target->walk.error;
    }
    if (!executable(scene, target)) {
        return EACCES;
    }
    if (interpreters > IG_SCRIPT_DEPTH) {
        return ELOOP;
    }
    const struct ig_image *image = ig_target_image(target, &e);
    const char *helper = image == NULL                      ? NULL
                         : image->kind == IG_IMAGE_SCRIPT ? image->script_interp
                         : image->kind == IG_IMAGE_ELF    ? image->interp
                                                          : NULL;
    if (helper == NULL || helper[0] != '/') {
        return image != NULL ? image->refusal : 0;
    }
    struct ig_target next;
    ig_target_open(&next, scene->root, NULL, helper);
    int number = next.walk.error;
    if (image->kind == IG_IMAGE_SCRIPT) {
        number = execve_errno(scene, &next, interpreters + 1);
    } else if (number == 0 && !executable(scene, &next)) {
        number = EACCES;
    }
    ig_target_close(&next);
    return number;
}

/* glibc's posix/execvpe.c and musl's execvp.c: what lets them try the next folder. */
static bool looks_further(int number)
{
    return number == EACCES || number == ENOENT || number == ENOTDIR || number == ESTALE ||
           number == ENODEV || number == ETIMEDOUT;
}

/* Where execvp looked, until it found one. */
struct search {
    const struct ig_scene *scene;
    const char *name;
    struct ig_target *found;     /* what it would start, or else what it says it could not start */
    int found_errno;
    bool relative;               /* passed an element that is the working directory's */
    struct ig_buf tried;
};

static void keep(struct search *s, struct ig_target *candidate, int number)
{
    /* It ends with EACCES where that was met once; a file that is there says more than none. */
    bool better = s->found == NULL || (number == EACCES && s->found_errno != EACCES) ||
                  !looks_further(number);
    if (candidate->walk.error != 0 && looks_further(candidate->walk.error) &&
        candidate->walk.error != EACCES) {
        better = false;
    }
    struct ig_target *worse = better ? s->found : candidate;
    if (better) {
        s->found = candidate;
        s->found_errno = number;
    }
    if (worse != NULL) {
        ig_target_close(worse);
        free(worse);
    }
}

/* True where the search ends at FOLDER. */
static bool try_folder(struct search *s, const char *folder)
{
    bool relative = folder[0] != '/';
    ig_buf_addf(&s->tried, "%s%s%s%s", s->tried.length != 0 ? ", " : "",
                relative ? "the working directory" : folder,
                relative && folder[0] == '\0' ? "" : "/", relative ? folder : s->name);
    if (relative) {
        s->relative = true;
        return false;
    }
    IG_AUTO_FREE char *path = ig_format("%s/%s", folder, s->name);
    struct ig_target *candidate = ig_alloc(sizeof *candidate);
    ig_target_open(candidate, s->scene->root, NULL, path);
    int number = execve_errno(s->scene, candidate, 0);
    keep(s, candidate, number);
    return !looks_further(number);
}

static void search_path(struct search *s, const char *path)
{
    for (const char *p = path;; p++) {
        size_t length = strcspn(p, ":");
        IG_AUTO_FREE char *folder = ig_strndup(p, length);
        p += length;
        if (try_folder(s, folder) || *p == '\0') {
            return;
        }
    }
}

static const char *hint(const char *name)
{
    if (strchr(name, '\r') != NULL) {
        return "; the script's first line ends with a carriage return";
    }
    return strchr(name, ' ') != NULL ? "; env takes the rest of the #! line as one name, unless it "
                                       "has -S"
                                     : "";
}

static struct ig_target *find(const struct ig_scene *scene, struct ig_target *env,
                              const struct ig_env_command *command, struct ig_error *e)
{
    struct search s = {.scene = scene, .name = command->name};
    if (strchr(command->name, '/') != NULL) {
        if (command->name[0] != '/') {
            ig_error_set(e, 0, "env looks up %s in whatever working directory the program is "
                               "started", command->name);
            return NULL;
        }
        struct ig_target *found = ig_alloc(sizeof *found);
        ig_target_open(found, scene->root, NULL, command->name);
        return found;
    }
    if (command->name[0] == '\0') {
        ig_error_set(e, 0, "env: '': No such file or directory (exit code 127)");
        return NULL;
    }
    const char *interp = env->image.interp;
    search_path(&s, command->path != NULL ? command->path
                    : interp != NULL && strstr(interp, "ld-musl") != NULL ? musl_path : glibc_path);
    env->path_relative = s.relative;
    if (s.found == NULL) {
        ig_error_set(e, 0, "env: '%s': No such file or directory (exit code 127)%s; tried %s",
                     command->name, hint(command->name), ig_buf_text(&s.tried));
    }
    ig_buf_free(&s.tried);
    return s.found;
}

static struct ig_target *started_by_env(const struct ig_scene *scene, struct ig_target *env,
                                        struct ig_error *e)
{
    struct ig_env_command command = {0};
    struct ig_target *found = NULL;
    bool busybox = strcmp(base_name(env->walk.path), "busybox") == 0;
    if (ig_env_command(env->script->image.script_arg, busybox, variable, scene, &command, e) == 0) {
        if (command.name == NULL) {
            ig_error_set(e, 0, "its #! line gives env no program to start: env would start the "
                               "script again, without end");
        } else {
            found = find(scene, env, &command, e);
        }
        free(env->env_path);
        env->env_path = IG_STEAL(command.path);
    }
    ig_env_command_free(&command);
    return found;
}

static struct ig_target *interpreter(const struct ig_scene *scene, struct ig_target *script,
                                     struct ig_error *e)
{
    const struct ig_image *image = &script->image;
    if (image->script_interp == NULL) {
        ig_error_set(e, image->refusal, "%s", image->refusal_text != NULL
                                                  ? image->refusal_text
                                                  : "its #! line names no interpreter");
        return NULL;
    }
    if (image->script_interp[0] == '\0') {
        /* An empty name is the working directory to open_exec(). */
        ig_error_set(e, 0, "its #! line names no interpreter: execve gives EACCES");
        return NULL;
    }
    if (image->script_interp[0] != '/') {
        ig_error_set(e, 0, "the #! line names %s, which the kernel would look up in whatever "
                           "working directory the program is started", image->script_interp);
        return NULL;
    }
    struct ig_target *next = ig_alloc(sizeof *next);
    ig_target_open(next, scene->root, NULL, image->script_interp);
    next->script = script;
    next->script_depth = script->script_depth + 1;
    return next;
}

struct ig_target *ig_script_next(const struct ig_scene *scene, struct ig_target *target,
                                 struct ig_error *e)
{
    const struct ig_image *image = ig_target_image(target, e);
    if (image == NULL) {
        return NULL;
    }
    if (target->next == NULL) {
        target->next = image->kind == IG_IMAGE_SCRIPT ? interpreter(scene, target, e)
                                                      : started_by_env(scene, target, e);
    }
    return target->next;
}

struct ig_trust ig_script_path_trust(const struct ig_scene *scene, const struct ig_target *env)
{
    struct ig_trust worst = {.status = IG_STATUS_PASS};
    const char *found = env->next->path;
    const char *name = base_name(found);
    for (const char *p = env->env_path != NULL ? env->env_path : "";; p++) {
        size_t length = strcspn(p, ":");
        if (strncmp(found, p, length) == 0 && found[length] == '/' && found + length + 1 == name) {
            return worst;
        }
        IG_AUTO_FREE char *folder = ig_strndup(p, length);
        struct ig_walk walk = {.fd = -1, .parent_fd = -1};
        if (folder[0] == '/' && ig_fsroot_walk(scene->root, folder, 0, &walk) == 0) {
            struct ig_trust trust = ig_trust_judge(scene, &walk, IG_TRUST_PROGRAM);
            struct ig_trust *lesser = trust.status < worst.status ? &worst : &trust;
            ig_trust_free(lesser);
            worst = lesser == &worst ? trust : worst;
        }
        ig_walk_free(&walk);
        p += length;
        if (*p == '\0') {
            return worst;
        }
    }
}
