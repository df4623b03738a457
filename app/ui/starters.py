"""The questions offered on an empty page."""

import chainlit as cl

# Label, question, icon. The first is the one that the bundled captures answer best.
_QUESTIONS = (
    ("What is failing right now, and why?", "What is failing right now, and why?", "failing"),
    ("Summarise the last hour", "Summarise the last hour", "summary"),
    ("What changed in the last hour?", "What changed in the last hour?", "changes"),
    ("Which components have the most errors?", "Which components have the most errors?", "ranking"),
    ("What does CrashLoopBackOff mean?", "What does CrashLoopBackOff mean, and what do I check first?", "howto"),
)

_INGEST = ("Ingest runbooks", "/ingest", "howto")


def starters(*, may_ingest: bool = False) -> list[cl.Starter]:
    """One for each kind of question that is understood, and an admin's way to the runbooks."""
    offered = [*_QUESTIONS, _INGEST] if may_ingest else _QUESTIONS
    return [
        cl.Starter(label=label, message=question, icon=f"/public/icons/{icon}.svg") for label, question, icon in offered
    ]
