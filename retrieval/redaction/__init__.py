"""Redaction at the door: no secret passes a log source."""

from retrieval.redaction.redactor import Redacted, redact_table, redact_text, redact_texts

__all__ = ["Redacted", "redact_table", "redact_text", "redact_texts"]
