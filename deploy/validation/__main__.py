"""`python -m deploy.validation`: every check of `deploy/`, one line a fault; exit status 1 where there is any.

A check that cannot run for want of a tool is named, and counts as a fault where both `CI` and CRD_SCHEMAS are set: a
user's clone has no schemas.
"""

import argparse
import os
import sys
from pathlib import Path

from deploy.validation import (
    compose,
    custom,
    dashboards,
    environment,
    gitops,
    grace,
    lint,
    manifests,
    native,
    paths,
    rules,
)
from deploy.validation.fault import Missing, Tree

CHECKS = {
    "kustomize": manifests.check,
    "kubernetes": native.check,
    "definitions": custom.check,
    "gitops": gitops.check,
    "environment": environment.check,
    "paths": paths.check,
    "grace": grace.check,
    "compose": compose.check,
    "dashboards": dashboards.check,
    "rules": rules.check,
    "lint": lint.check,
}


def main() -> int:
    """Run the checks that are named, or all."""
    parser = argparse.ArgumentParser(prog="just validate", description="Check everything in deploy/, offline.")
    parser.add_argument("checks", nargs="*", choices=[*CHECKS, []], help="which checks; all where none is named")
    names = parser.parse_args().checks or list(CHECKS)
    schemas = os.environ.get("CRD_SCHEMAS")
    tree = Tree(Path(__file__).parents[2], Path(schemas).absolute() if schemas else None)
    failed = False
    for name in names:
        try:
            faults = CHECKS[name](tree)
        except Missing as missing:
            failed |= bool(os.environ.get("CI") and tree.schemas)
            sys.stdout.write(f"{name:<12} not checked: {missing}\n")
            continue
        failed |= bool(faults)
        sys.stdout.write(f"{name:<12} {'ok' if not faults else f'{len(faults)} wrong'}\n")
        sys.stdout.writelines(f"  {fault}\n" for fault in sorted(set(faults)))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
