"""Checks of everything in `deploy/`, offline: `python -m deploy.validation`, or `just validate`."""
