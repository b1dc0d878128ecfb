"""`make bench`: all candidates on this machine, asked in turn at 1, 8 and 64 clients; the table goes to RESULTS.md.

.venv/bin/python -m bench --only f,g --repeats 3
"""

import argparse
import contextlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench.candidates import STARTS, Candidate
from bench.clients import Run, load
from bench.costs import Costs
from bench.peers.reading import load_reader, read_pictures
from bench.product.fairness import png
from bench.results import Measured, report
from local.terminal import handle_stop_signals, step

CLIENTS = (1, 8, 64)
PICTURES = 100
WARM_S = 1.0
WARMING_CLIENTS = 16
LONG = {"repeats": 5, "window_s": 5.0}
QUICK = {"repeats": 1, "window_s": 2.0}


def measure(candidate: Candidate, clients: int, window_s: float, pictures: list[bytes], texts: list[str]) -> Measured:
    """Ask one candidate with so many clients."""
    spawning = multiprocessing.get_context("spawn")  # the clients' work is not to slow anybody's clock
    with ProcessPoolExecutor(1, mp_context=spawning) as pool:
        pool.submit(abs, 1).result()  # it has started before anything is counted
        expected = ["7"] * len(texts) if candidate.key == "g" else texts
        with Costs(candidate.pids) as costs:
            run: Run = pool.submit(load, candidate.way, pictures, expected, clients, WARM_S, window_s).result()
    if run.error or run.wrong:
        raise SystemExit(f"{candidate.name}, {clients} clients: {run.error or f'{run.wrong} read otherwise'}")
    return Measured.of(run, costs)


def main() -> None:
    """Start all, measure, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one repeat, in about three minutes")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--only", default=",".join(STARTS), help="candidates, by their letters")
    parser.add_argument("--out", type=Path, help="where the table is written; RESULTS.md for a whole run")
    asked = parser.parse_args()
    how = QUICK if asked.quick else LONG
    repeats, keys = asked.repeats or int(how["repeats"]), asked.only.split(",")
    handle_stop_signals()
    pictures = [png(number % 10, seed=number) for number in range(PICTURES)]
    texts = [answer["text"] for answer in read_pictures(load_reader("litert"), pictures)]
    found: dict[tuple[str, int], list[Measured]] = {}
    with contextlib.ExitStack() as stack:
        candidates = [stack.enter_context(STARTS[key]()) for key in keys]
        for candidate in candidates:  # all their processes have loaded what they need before anything is counted
            measure(candidate, WARMING_CLIENTS, WARM_S, pictures, texts)
        for number in range(repeats):
            for clients in CLIENTS:
                for candidate in candidates:
                    seen = measure(candidate, clients, how["window_s"], pictures, texts)
                    found.setdefault((candidate.key, clients), []).append(seen)
                    step(f"{number + 1} of {repeats}: {candidate.name}, {clients} clients: {seen.rate:.1f} readings/s")
    is_whole = keys == list(STARTS) and not asked.quick
    report(candidates, found, asked.out or (Path(__file__).with_name("RESULTS.md") if is_whole else None))


if __name__ == "__main__":
    main()
