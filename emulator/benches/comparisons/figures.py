"""Measures all sides in turn, and prints the figures beside their goals."""

import gc
import time

ROUNDS = 5
SAMPLES = 200


def in_turn(sides):
    """Measures each side in each round. `sides` is a dictionary of functions that send one query. Returns a dictionary
    of rounds, each a list of milliseconds in ascending order."""
    for ask in sides.values():
        for number in range(20):
            ask(number)
    rounds = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, ask in sides.items():
            rounds[name].append(sorted(times(ask)))
    return rounds


def times(ask):
    taken = []
    gc.collect()
    gc.disable()
    for number in range(SAMPLES):
        start = time.perf_counter()
        ask(number)
        taken.append((time.perf_counter() - start) * 1000)
    gc.enable()
    return taken


def median(numbers):
    return sorted(numbers)[len(numbers) // 2]


def percentile_99(ordered):
    """The smallest number that at least 99 % of the numbers do not exceed."""
    return ordered[-(-len(ordered) * 99 // 100) - 1]


def summary(numbers, decimals=2):
    """Median and range."""
    return f"{median(numbers):.{decimals}f} ({min(numbers):.{decimals}f} … {max(numbers):.{decimals}f})"


def line(name, measured, goal=""):
    """Prints a measurement and its goal, if any."""
    print(f"{name:<61} {measured:<66} {goal}".rstrip(), flush=True)


def latency(name, rounds):
    """Prints the latency of one side."""
    p50, p99 = [median(times) for times in rounds], [percentile_99(times) for times in rounds]
    line(name, f"p50 {summary(p50)} ms, p99 {summary(p99)} ms")


def ratio(name, ours, theirs, most=None):
    """Prints the ratios of the 99th percentiles and of the medians, round by round, with the goal of the former."""
    p99 = [percentile_99(our) / percentile_99(their) for our, their in zip(ours, theirs)]
    p50 = [median(our) / median(their) for our, their in zip(ours, theirs)]
    met = "met" if most is not None and median(p99) <= most else "missed"
    goal = "" if most is None else f"goal p99 ≤ {most}: {met}"
    line(f"  ours to {name}", f"p50 {summary(p50, 4)}, p99 {summary(p99, 4)}", goal)
