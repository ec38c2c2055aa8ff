/* SPDX-License-Identifier: Apache-2.0 */
#include "watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "progress.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    pthread_t thread;
    bool running, disarmed;
    struct timespec until;
    const struct options *options;
    int code;
    const char *text;
} dog = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *watch(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&dog.lock);
    int status = 0;
    while (!dog.disarmed && status != ETIMEDOUT) {
        status = pthread_cond_timedwait(&dog.change, &dog.lock, &dog.until);
    }
    if (!dog.disarmed) {
        clear_progress(isatty(STDERR_FILENO) == 1);
        complain(dog.options, dog.code, dog.text);
        _exit(dog.code);
    }
    pthread_mutex_unlock(&dog.lock);
    return NULL;
}

void watchdog_arm(const struct options *options, unsigned seconds, int code, const char *text)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&dog.change, &clock);
    pthread_condattr_destroy(&clock);
    clock_gettime(CLOCK_MONOTONIC, &dog.until);
    dog.until.tv_sec += seconds;
    dog.options = options;
    dog.code = code;
    dog.text = text;
    dog.disarmed = false;
    dog.running = pthread_create(&dog.thread, NULL, watch, NULL) == 0;
}

void watchdog_disarm(void)
{
    if (!dog.running) {
        return;
    }
    pthread_mutex_lock(&dog.lock);
    dog.disarmed = true;
    pthread_cond_signal(&dog.change);
    pthread_mutex_unlock(&dog.lock);
    pthread_join(dog.thread, NULL);
    pthread_cond_destroy(&dog.change);
    dog.running = false;
}
