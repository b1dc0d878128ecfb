"""Compare Inkling with what else people would use, on this machine, at 1, 8 and 64 clients: `make bench`.

    .venv/bin/python -m bench --only flask,inkling --repeats 3

A whole run writes its tables to RESULTS.md, its medians to results.json, and the chart in docs/figures.
"""

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from bench.clients import Run, run_clients
from bench.contenders import CONTENDERS, Contender
from bench.peers.shared_reader import load_reader, read_pictures
from bench.product.fairness import png
from bench.resource_usage import ResourceUsage
from bench.results import Measurement, report
from local.terminal import handle_stop_signals, step

CLIENTS = (1, 8, 64)
PICTURES = 100
WARMUP_S = 1.0
WARMUP_CLIENTS = 16
REPEATS, QUICK_REPEATS = 5, 1
WINDOW_S = 5.0


def measure(
    contender: Contender, clients: int, window_s: float, pictures: list[bytes], texts: list[str]
) -> Measurement:
    """Send pictures to one contender from `clients` clients. Raises SystemExit if a reading is not as expected."""
    spawning = multiprocessing.get_context("spawn")  # a process of their own, so that clients don't slow this one
    with ProcessPoolExecutor(1, mp_context=spawning) as pool:
        pool.submit(abs, 1).result()  # start the process before anything is measured
        expected = ["7"] * len(texts) if contender.key.endswith("constant") else texts
        with ResourceUsage(contender.pids) as usage:
            future = pool.submit(run_clients, contender.endpoint, pictures, expected, clients, WARMUP_S, window_s)
            run: Run = future.result()
    if run.error or run.wrong:
        raise SystemExit(f"{contender.name}, {clients} clients: {run.error or f'{run.wrong} wrong readings'}")
    return Measurement.of(run, usage)


def main() -> None:
    """Start all contenders, measure them in turn, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one repeat, about five minutes")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--only", default=",".join(CONTENDERS), help="which contenders")
    options = parser.parse_args()
    repeats = options.repeats or (QUICK_REPEATS if options.quick else REPEATS)
    keys = options.only.split(",")
    handle_stop_signals()
    pictures = [png(number % 10, seed=number) for number in range(PICTURES)]
    texts = [answer["text"] for answer in read_pictures(load_reader("litert"), pictures)]
    found: dict[tuple[str, int], list[Measurement]] = {}
    contenders: dict[str, Contender] = {}
    for number in range(repeats):
        for key in keys:
            with CONTENDERS[key]() as contender:  # alone: some are busy while nobody asks anything of them
                contenders[key] = contender
                measure(contender, WARMUP_CLIENTS, WARMUP_S, pictures, texts)  # all its processes load what they need
                for clients in CLIENTS:
                    measured = measure(contender, clients, WINDOW_S, pictures, texts)
                    found.setdefault((key, clients), []).append(measured)
                    name = f"{contender.name}, {clients} clients"
                    step(f"{number + 1} of {repeats}: {name}: {measured.rate:.1f} readings/s")
    is_whole = keys == list(CONTENDERS) and not options.quick
    report(list(contenders.values()), found, is_kept=is_whole)


if __name__ == "__main__":
    main()
