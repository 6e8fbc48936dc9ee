import time


def median_ms(work, seconds, warm_up=3):
    """Median time of `work`, called for some seconds and at least five times after warm-up calls, as `mien bench` does."""
    for _ in range(warm_up):
        work()
    times, begin = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * sorted(times)[len(times) // 2]
