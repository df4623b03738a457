"""A llama model of half a megabyte with random weights, to run the real llama.cpp server without any download.

What it generates is noise; start-up, tokenising, streaming, grammar, limits and errors are the real ones.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from retrieval.errors import BadInput

_Writer: TypeAlias = Any  # gguf.GGUFWriter, which is imported when it is needed

CONTEXT = 32_768
_HEADS = 4
_MERGES = ("e r", "i n", "Ġ t", "o n", "r o")
_CHAT_TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}assistant: "


@dataclass(frozen=True, slots=True)
class Size:
    """Layers, and the width of each (a multiple of 8); the feed-forward part is twice as wide."""

    layers: int = 2
    width: int = 64


SMALLEST = Size()


def write_tiny_model(path: Path, seed: int = 0, size: Size = SMALLEST) -> Path:
    """Writes the model as a GGUF file at `path` and returns it; the same seed and size give the same weights.

    Raises BadInput where the `gguf` package is not installed.
    """
    gguf = _gguf()
    writer = gguf.GGUFWriter(str(path), "llama")
    tokens = _vocabulary()
    _write_architecture(writer, len(tokens), size)
    _write_tokenizer(gguf, writer, tokens)
    _write_weights(writer, len(tokens), np.random.default_rng(seed), size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _gguf() -> ModuleType:
    try:
        return importlib.import_module("gguf")
    except ModuleNotFoundError as error:
        raise BadInput(
            "making a tiny model needs the package gguf: pip install 'k8s-log-agent[capture]' brings it"
        ) from error


def _vocabulary() -> list[str]:
    """Byte-level BPE: a printable character for each byte as GPT-2 has it, the merges, then begin and end.

    Not SentencePiece: its lone "▁" makes the server's constraint engine give up, silently.
    """
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    spare = iter(range(256, 512))
    single = [chr(byte if byte in printable else next(spare)) for byte in range(256)]
    return [*single, *(merge.replace(" ", "") for merge in _MERGES), "<|bos|>", "<|eos|>"]


def _write_architecture(writer: _Writer, vocabulary: int, size: Size) -> None:
    writer.add_name("tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(size.width)
    writer.add_block_count(size.layers)
    writer.add_feed_forward_length(2 * size.width)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(size.width // _HEADS)
    writer.add_vocab_size(vocabulary)


def _write_tokenizer(gguf: ModuleType, writer: _Writer, tokens: list[str]) -> None:
    control = [gguf.TokenType.CONTROL] * 2
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * (len(tokens) - 2) + control)
    writer.add_token_merges(list(_MERGES))
    writer.add_bos_token_id(len(tokens) - 2)
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_chat_template(_CHAT_TEMPLATE)


def _write_weights(writer: _Writer, vocabulary: int, random: np.random.Generator, size: Size) -> None:
    width, feed_forward = size.width, 2 * size.width

    def matrix(name: str, rows: int, columns: int) -> None:
        writer.add_tensor(f"{name}.weight", (random.standard_normal((rows, columns)) * 0.05).astype(np.float32))

    def norm(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(width, np.float32))

    matrix("token_embd", vocabulary, width)
    norm("output_norm")
    matrix("output", vocabulary, width)
    for layer in range(size.layers):
        norm(f"blk.{layer}.attn_norm")
        norm(f"blk.{layer}.ffn_norm")
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            matrix(f"blk.{layer}.{name}", width, width)
        matrix(f"blk.{layer}.ffn_gate", feed_forward, width)
        matrix(f"blk.{layer}.ffn_up", feed_forward, width)
        matrix(f"blk.{layer}.ffn_down", width, feed_forward)
