"""Opening a citation in the side panel."""

from uuid import uuid4

import chainlit as cl

from app.answer import EvidenceItem
from app.knowledge_base import KnowledgeBase
from app.ui.panel_props import log_panel, runbook_panel
from app.ui.runbook_text import read_runbook
from app.ui.screen_element import screen_element
from app.ui.turn_memory import RememberedTurn
from retrieval.taxonomy import EvidenceKind

_WRITTEN = (EvidenceKind.RUNBOOK, EvidenceKind.INCIDENT)
_TITLES = {
    EvidenceKind.LOG: "Log line",
    EvidenceKind.PATTERN: "Pattern",
    EvidenceKind.RUNBOOK: "Runbook",
    EvidenceKind.INCIDENT: "Past incident",
    EvidenceKind.EVENT: "Event",
}


async def open_evidence(turn: RememberedTurn, item: EvidenceItem, knowledge: KnowledgeBase | None) -> None:
    """Show the evidence beside the chat, in place of what was shown there before."""
    if item.kind in _WRITTEN:
        title, sections = await read_runbook(item, knowledge)
        element = screen_element("RunbookPanel", runbook_panel(item, title, sections))
    else:
        element = screen_element("LogPanel", log_panel(item, turn.excerpts.get(item.id, ()), turn.halves))
    # A new key each time, for the panel keeps its content where the key is the same; the title after it, for a panel
    # that opens takes none from before.
    await cl.ElementSidebar.set_elements([element], key=str(uuid4()))
    await cl.ElementSidebar.set_title(f"{_TITLES[item.kind]} {item.id}")
