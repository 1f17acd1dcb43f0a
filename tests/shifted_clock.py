"""A machine whose clock is wrong, for what is started with it: their wall clock goes by an offset that may change.

What only goes forward (CLOCK_MONOTONIC) is left alone, as by a person who sets the date.
"""

import shutil
import struct
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static volatile long *ahead;
static int (*truly)(clockid_t, struct timespec *);
__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("CLOCK_AHEAD"), O_RDONLY);
    ahead = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    close(file);
}
int clock_gettime(clockid_t which, struct timespec *to) {
    if (!truly) truly = dlsym(RTLD_NEXT, "clock_gettime");
    int done = truly(which, to);
    if (ahead && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) to->tv_sec += *ahead;
    return done;
}
int gettimeofday(struct timeval *to, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    to->tv_sec = now.tv_sec;
    to->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *to) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (to) *to = now.tv_sec;
    return now.tv_sec;
}
"""


class ShiftedClock:
    """The clock of every process that has `environment` in its own."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("not tried: no C compiler here")
        source, library, self._ahead = folder / "clock.c", folder / "clock.so", folder / "ahead"
        source.write_text(SOURCE)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        self._ahead.write_bytes(struct.pack("l", 0))
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(self._ahead)}

    def is_ahead_by(self, time: timedelta) -> None:
        """From now on it is."""
        with self._ahead.open("r+b") as file:
            file.write(struct.pack("l", int(time.total_seconds())))
