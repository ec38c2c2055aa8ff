/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the process when something blocks where no signal reaches it: a read from a file system
 * whose server does not answer waits killable only, and what kills it is the end of the process. */
#ifndef IG_CMD_WATCHDOG_H
#define IG_CMD_WATCHDOG_H

#include "options.h"

/* After SECONDS, unless disarmed: complain(OPTIONS, CODE, TEXT) and end with CODE. OPTIONS and TEXT
 * are borrowed until then. Where no thread can be had it does nothing: what hangs then is at least
 * no pass. One at a time. */
void watchdog_arm(const struct options *options, unsigned seconds, int code, const char *text);
void watchdog_disarm(void);

/* --timeout, or its default of an hour. */
static inline unsigned command_seconds(const struct options *options)
{
    return options->timeout != 0 ? options->timeout : 3600;
}

#endif
