/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a "#!" program starts, step by step: its interpreter, as the kernel looks
 * it up (fs/binfmt_script.c, fs/exec.c), and where that is env(1) the program
 * that env starts, as execvp(3) looks it up over PATH. Each step is a target of
 * its own, linked by `next`, so that every check can judge it.
 */
#ifndef IG_CHECKS_SCRIPT_H
#define IG_CHECKS_SCRIPT_H

#include "checks/scene.h"
#include "checks/target.h"
#include "checks/trust.h"

/* Interpreters that are scripts in turn; one more is ELOOP (fs/exec.c exec_binprm()). */
enum { IG_SCRIPT_DEPTH = 5 };

/* Steps after which scripts and env that start each other are given up: no real chain has ten. */
enum { IG_SCRIPT_STEPS = 32 };

/* Does another program take over from TARGET: is it a script, or env run by one? False also where it
 * cannot be read. */
bool ig_script_goes_on(struct ig_target *target);

/* That program, looked up and opened once; it may be one that was not found (walk.error). NULL where
 * there is none to look up (E: number 0 or ENOEXEC where it would fail for the program as well,
 * else what keeps the gate from telling). Call where ig_script_goes_on(). */
struct ig_target *ig_script_next(const struct ig_scene *scene, struct ig_target *target,
                                 struct ig_error *e);

/* "The program", "The script's interpreter /bin/sh", "The program /usr/bin/python3 that env starts";
 * malloc'd. FIRST is the policy's own. */
char *ig_script_what(const struct ig_target *target, const struct ig_target *first);

/* Who could put another program in front of the one that ENV, a target that goes on, starts: the
 * worst of the PATH folders that were searched before it was found. */
struct ig_trust ig_script_path_trust(const struct ig_scene *scene, const struct ig_target *env);

#endif
