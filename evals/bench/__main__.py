"""`python -m evals.bench [NAME…] [--json]`: the benchmarks by name, all of them where none is given."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from evals.bench.changes import changes
from evals.bench.ingest import ingest
from evals.bench.patterns import patterns

BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {"patterns": patterns, "changes": changes, "ingest": ingest}


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
            sys.stdout.write(f"{name:<10}{key:<30}{f'{value:.3g}' if isinstance(value, float) else value}\n")


if __name__ == "__main__":
    main()
