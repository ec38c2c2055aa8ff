/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences that several checks say alike. */
#ifndef IG_CHECKS_WORDS_H
#define IG_CHECKS_WORDS_H

#include "checks/check.h"
#include "checks/trust.h"

/* Does this errno of a look-up say what the path is, to the gate as to anyone? All others only say
 * that the gate could not look. */
bool ig_fault_of_the_image(int number);

/* What a failed look-up means for the gate: a fault of the image (FAIL: it would fail for the
 * program as well), or something that only kept the gate from looking (ERROR). WHAT is "The
 * program", "The loader /lib64/ld-linux-x86-64.so.2", ... */
void ig_say_not_found(const struct ig_question *q, const char *what, const struct ig_walk *walk,
                      struct ig_result *r);

/* Report TRUST in R: FAIL, WARN or ERROR; nothing for PASS. True where it said something. */
bool ig_say_trust(const struct ig_trust *trust, struct ig_result *r);

/* May the program's user reach and use the end of WALK (MAY as in ig_cred_may: 1 execute, 4 read)?
 * True where it may; otherwise R is FAIL (or ERROR), naming the first place that refuses. */
bool ig_say_access(const struct ig_question *q, const char *what, const struct ig_walk *walk,
                   unsigned may, struct ig_result *r);

/* Is the mount that FD lies on noexec? True where it is (R is FAIL) or cannot be told (R is ERROR). */
bool ig_say_noexec(const char *what, const struct ig_walk *walk, struct ig_result *r);
/* The same where the mount's flags (f_flags) are known. */
bool ig_say_noexec_flag(const char *what, unsigned long flags, struct ig_result *r);

/* Is it certain that this node's kernel does not promise the memory that IMAGE asks for? True where it
 * is (R is FAIL). IMAGE is neither refused nor broken. */
bool ig_say_memory(const struct ig_question *q, const char *what, const struct ig_image *image,
                   struct ig_result *r);

/* "a (missing), b (changed) and 9 more" of R's items; malloc'd. */
char *ig_say_items(const struct ig_result *r);

/* Of a parameter that leaves parts of a volume out: 0, or -1 where it leaves out all of it. */
int ig_ignore_validate(const struct ig_strings *ignore, struct ig_error *e);

/* Is a malformed PT_INTERP all that execve refuses in this program? That is binary.interpreter's to
 * say, and not binary.machine's. */
bool ig_interp_is_refused(const struct ig_image *image);

#endif
