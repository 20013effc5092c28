# SPDX-License-Identifier: Apache-2.0
"""Is a curve flat? What it begins with, after a time to warm up, against what it ends with. The least
of many samples is compared, since each fault makes threads and descriptors wait for a while."""

# How much the last third may lie above the first, and for memory how many kB at least: caches fill,
# and the allocator keeps what a burst took.
MOST_GROWTH = {"rss_kb": 0.08, "descriptors": 0.10, "threads": 0.10}
LEAST_ROOM = {"rss_kb": 3000, "descriptors": 3, "threads": 2}
WARM_UP = 0.15  # of the whole time
_LOW = 0.25  # of the samples of a third lie below what is compared


def complaints(curve):
    last = curve.samples[-1].seconds
    warm = [sample for sample in curve.samples if sample.seconds >= WARM_UP * last]
    third = len(warm) // 3
    if third == 0:
        yield f"{len(curve.samples)} samples say nothing: let it run longer"
        return
    for name, share in MOST_GROWTH.items():
        begin, end = _low(curve.of(name, warm[:third])), _low(curve.of(name, warm[-third:]))
        room = max(begin * share, LEAST_ROOM[name])
        if end > begin + room:
            yield f"{name} grew from {begin} to {end}, more than {room:.0f}"


def _low(values):
    return sorted(values)[int(len(values) * _LOW)]
