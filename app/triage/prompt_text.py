"""Text of people, logs and models on its way into a prompt: it can neither open nor close anything there."""

import re

# The data block is told apart by its tags, and chat templates by theirs; servers read such tokens wherever they stand.
_TAG_ESCAPES = str.maketrans({"<": "‹", ">": "›", "＜": "‹", "＞": "›"})
# What Mistral's templates put between turns, and stands in brackets.
_TURN = re.compile(
    r"\[(/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|CALL_ID|ARGS|IMG|IMG_BREAK|"
    r"IMG_END|PREFIX|MIDDLE|SUFFIX|THINK|MODEL_SETTINGS|AUDIO|BEGIN_AUDIO))\]"
)


def untagged(text: str) -> str:
    """The text with look-alikes for the characters that open or close a tag of the prompt or of a chat template."""
    return _TURN.sub(r"⟦\1⟧", text.translate(_TAG_ESCAPES))
