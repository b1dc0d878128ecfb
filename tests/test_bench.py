"""The benchmarks name functions of the service that exist."""

import argparse

from bench.product.cost import Cost, price, table
from bench.product.profile import PARTS, find_holder


def test_every_profiled_function_exists():
    for parts in PARTS.values():
        for paths in parts.values():
            for path in paths:
                holder, attribute = find_holder(path)
                assert callable(getattr(holder, attribute)), path


def test_a_price_is_what_was_used_times_what_it_costs():
    parts = ("web", "worker-1", "postgres", "redis", "delivery", "beat")
    used = Cost(1_000, 10.0, 1_500, 2_000_000, 4_000_000, 0, 5_000_000, dict.fromkeys(parts, 0.6))
    idle = Cost(0, 60.0, cpu_s=dict.fromkeys(parts, 0.1))
    memory = dict.fromkeys(parts, 100.0)
    prices = argparse.Namespace(vcpu_hour=0.1, gb_hour=0.01, gb_month=0.2, gb_out=0.05, million_requests=0.4)
    read, rest = price(idle, used, memory, prices)
    # 3,600 CPU-s; 5 GB kept; 4 GB sent; 1.5 million requests
    assert read.startswith(
        "a million readings: CPU 0.10 + a month of storage 1.00 + traffic 0.20 + requests 0.60 = 1.90"
    )
    assert rest == "a month at rest: CPU 0.73 + memory 4.38 = 5.11"
    assert "| **together** | 600 | 864 | 3,600 |" in table(idle, {16: used}, memory)
