"""`logagent password`: a line for the password file, made of a password that nobody sees."""

import sys
from typing import Annotated

import typer

from app.web.access import hash_password
from retrieval.errors import BadInput

SHORTEST = 8


def password(name: Annotated[str, typer.Argument(help="Who signs in with it.")]) -> None:
    """Ask for a password and print the line for LOGAGENT_PASSWORD_FILE; from a pipe, read it from there.

    Example: logagent password anna >> passwords
    """
    if not name.strip() or not name.isprintable() or ":" in name:
        raise BadInput("a name has letters to print and no colon in it")
    if sys.stdin.isatty():
        given = typer.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True, err=True)
    else:
        given = sys.stdin.readline().rstrip("\n")
    if len(given) < SHORTEST:
        raise BadInput(f"a password has at least {SHORTEST} characters")
    sys.stdout.write(f"{name.strip()}:{hash_password(given)}\n")
