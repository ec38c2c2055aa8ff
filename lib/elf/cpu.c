/* SPDX-License-Identifier: Apache-2.0 */
/* Not __builtin_cpu_supports(): its constructor asks for all that a compiler may want to know, at
 * each start, and in a virtual machine each CPUID is an exit to the hypervisor. */
#include "elf/resolve.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <pthread.h>
#include <string.h>

enum {
    LEAF_FEATURES = 1,
    LEAF_EXTENDED_FEATURES = 7,
    /* XCR0: what of the registers the kernel saves (Intel SDM volume 1, 13.3). */
    XCR0_YMM = 0x6,
    XCR0_ZMM = 0xe6,
};

static unsigned saved_registers(unsigned features)
{
    unsigned low = 0;
    unsigned high = 0;
    if ((features & bit_OSXSAVE) != 0) {
        __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    }
    return low;
}

static bool has(unsigned features, unsigned wanted)
{
    return (features & wanted) == wanted;
}

/* x86-64 psABI, micro-architecture levels: of each what compilers can ask for and no CPU has
 * without the rest. */
static unsigned level_of(unsigned ecx, unsigned ebx7)
{
    unsigned saved = saved_registers(ecx);
    if (!has(ecx, bit_SSSE3 | bit_SSE4_2 | bit_POPCNT)) {
        return 1;
    }
    if (!has(ecx, bit_FMA) || !has(ebx7, bit_AVX2 | bit_BMI2) || !has(saved, XCR0_YMM)) {
        return 2;
    }
    return has(ebx7, bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL) &&
                   has(saved, XCR0_ZMM)
               ? 4
               : 3;
}

static struct ig_x86 this_cpu;

static void ask(void)
{
    unsigned a, b, c, d;
    unsigned vendor[3];
    unsigned leaves;
    unsigned ecx;
    __cpuid(0, leaves, vendor[0], vendor[2], vendor[1]);
    __cpuid(LEAF_FEATURES, a, b, ecx, d);
    b = 0;
    if (leaves >= LEAF_EXTENDED_FEATURES) {
        __cpuid_count(LEAF_EXTENDED_FEATURES, 0, a, b, c, d);
    }
    this_cpu.level = level_of(ecx, b);
    this_cpu.intel = memcmp(vendor, "GenuineIntel", sizeof vendor) == 0;
}

struct ig_x86 ig_x86_this(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, ask);
    return this_cpu;
}
#else
struct ig_x86 ig_x86_this(void)
{
    return (struct ig_x86){.level = 1};
}
#endif
