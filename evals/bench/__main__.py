"""`python -m evals.bench [NAME…] [--json]`: the benchmarks by name, all of them where none is given."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evals.bench.card import card
from evals.bench.changes import changes
from evals.bench.encoder import encoder
from evals.bench.ingest import ingest
from evals.bench.patterns import patterns
from evals.bench.retrieval import retrieval
from evals.bench.scale import scale

# A benchmark is a function without arguments in a file of its own, and a line here.
BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {
    "patterns": patterns,
    "card": card,
    "changes": changes,
    "ingest": ingest,
    "encoder": encoder,
    "scale": scale,
    "retrieval": retrieval,
}


def main() -> None:
    """Run the benchmarks and print their numbers."""
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="which benchmarks; all where none is given")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, and nothing else there")
    options = parser.parse_args()
    results = {name: BENCHMARKS[name]() for name in options.names or BENCHMARKS}
    if options.json:
        sys.stdout.write(json.dumps(results, indent=2) + "\n")
        return
    for name, result in results.items():
        for key, value in result.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                _print_table(value)
            else:
                sys.stdout.write(f"{name:<10}{key:<34}{f'{value:.3g}' if isinstance(value, float) else value}\n")


def _print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    sys.stdout.write("".join(f"{key:>20}" for key in rows[0]) + "\n")
    for row in rows:
        sys.stdout.write("".join(f"{value:>20,}" for value in row.values()) + "\n")


if __name__ == "__main__":
    main()
