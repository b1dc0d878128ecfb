"""The benchmarks name functions of the service that exist."""

from bench.product.profile import PARTS, find_holder


def test_every_profiled_function_exists():
    for parts in PARTS.values():
        for paths in parts.values():
            for path in paths:
                holder, attribute = find_holder(path)
                assert callable(getattr(holder, attribute)), path
