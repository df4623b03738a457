"""Speed of the encoder on torch, as it is used, against onnxruntime with the same weights, whole and in 8 bits.

The weights of the default model come as safetensors alone, so the ONNX graph is made here, for which the package
`onnx` is needed, which nothing else here needs; without it the benchmark says so.
"""

import importlib.util
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from evals.retrieval.command import BUNDLED_QUERIES
from ingestion.corpus import runbook_folder
from retrieval.knowledge.chunking import parse_markdown
from retrieval.knowledge.documents import embedding_text
from retrieval.knowledge.embedding import BATCH, SentenceEmbedder, Vectors, find_model

TEXTS, QUERIES, RUNS = 128, 40, 3
LONGEST = 256  # word pieces
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
Encode = Callable[[Sequence[str]], Vectors]


def encoder() -> dict[str, Any]:
    """Seconds of the processor that passages and queries cost, on one thread, divided by what they cost on torch.

    Of the processor and not of the wall, since another program can only stretch the latter; the runs of all alternate,
    and the least of each count. `least_cosine` is that of a text's two vectors, and `agreement_at_10` the share of a
    query's ten nearest passages on torch that the other finds among its ten.
    """
    if importlib.util.find_spec("onnx") is None:
        return {"not_measured": "the ONNX graph is made with the package onnx: uv pip install onnx"}
    embedder = SentenceEmbedder(find_model())
    embedder.load()
    passages, queries = _passages()[:TEXTS], _queries()[:QUERIES]
    kinds: dict[str, Encode] = {"torch": embedder.embed_queries}  # on one thread; MiniLM is asked without instruction
    with TemporaryDirectory() as folder:
        kinds |= _sessions(embedder, Path(folder))
        vectors = {name: (encode(passages), encode(queries)) for name, encode in kinds.items()}
        many: dict[str, list[float]] = {name: [] for name in kinds}
        single: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(RUNS):
            for name, encode in kinds.items():
                many[name].append(_seconds(encode, passages))
                single[name].append(sum(_seconds(encode, [query]) for query in queries))
    result: dict[str, Any] = {
        "torch_texts_per_second": len(passages) / min(many["torch"]),
        "torch_query_ms": 1000 * min(single["torch"]) / len(queries),
        "texts": len(passages),
        "queries": len(queries),
        "runs": RUNS,
    }
    for name in ("onnx", "onnx_int8"):
        result |= {
            f"{name}_passages_ratio": min(many[name]) / min(many["torch"]),
            f"{name}_passages_ratio_range": _range(many[name], many["torch"]),
            f"{name}_queries_ratio": min(single[name]) / min(single["torch"]),
            f"{name}_queries_ratio_range": _range(single[name], single["torch"]),
            f"{name}_least_cosine": float((vectors[name][0] * vectors["torch"][0]).sum(axis=1).min()),
            f"{name}_agreement_at_10": _agreement(vectors[name], vectors["torch"]),
        }
    return result


def _agreement(ours: tuple[Vectors, Vectors], torchs: tuple[Vectors, Vectors]) -> float:
    """The share of torch's ten nearest passages of a query that are among the other's ten."""
    nearest = [np.argsort(-(queries @ passages.T), axis=1)[:, :10] for passages, queries in (ours, torchs)]
    return float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(*nearest, strict=True)]))


def _range(ours: Sequence[float], torchs: Sequence[float]) -> list[float]:
    ratios = [a / b for a, b in zip(ours, torchs, strict=True)]
    return [min(ratios), max(ratios)]


def _seconds(encode: Encode, texts: Sequence[str]) -> float:
    began = time.process_time()
    encode(texts)
    return time.process_time() - began


def _passages() -> list[str]:
    paths = sorted(runbook_folder().glob("*.md"))
    documents = [parse_markdown(path.read_text("utf-8"), source="bench", doc_id=path.name) for path in paths]
    return [embedding_text(document.title, section) for document in documents for section in document.sections]


def _queries() -> list[str]:
    return [json.loads(line)["query"] for line in BUNDLED_QUERIES.read_text("utf-8").splitlines()]


def _sessions(embedder: SentenceEmbedder, folder: Path) -> dict[str, Encode]:
    """The same model on onnxruntime, by name, on one thread."""
    import onnxruntime  # noqa: PLC0415  as heavy as torch
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415  needs onnx

    files = {"onnx": folder / "whole.onnx", "onnx_int8": folder / "int8.onnx"}
    loaded = embedder._loaded  # noqa: SLF001  the tokenizer and the weights as they are used
    _export(loaded, files["onnx"])
    quantize_dynamic(files["onnx"], files["onnx_int8"], weight_type=QuantType.QInt8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return {
        name: _encode(
            loaded.tokenizer, onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        )
        for name, file in files.items()
    }


def _export(loaded: Any, file: Path) -> None:  # noqa: ANN401  sentence-transformers is untyped here
    import torch  # noqa: PLC0415  ten seconds

    class Hidden(torch.nn.Module):
        """The last hidden state alone, its inputs by position."""

        def __init__(self) -> None:
            super().__init__()
            self.model = loaded[0].auto_model

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            hidden: torch.Tensor = self.model(**dict(zip(INPUTS, inputs, strict=True))).last_hidden_state
            return hidden

    example = loaded.tokenizer(["a text", "a longer second text"], padding=True, return_tensors="pt")
    attention, loaded[0].auto_model.config._attn_implementation = (  # noqa: SLF001  the other kinds have no ONNX form
        loaded[0].auto_model.config._attn_implementation,  # noqa: SLF001
        "eager",
    )
    axes = {name: {0: "texts", 1: "pieces"} for name in (*INPUTS, "hidden")}
    torch.onnx.export(
        Hidden(),
        tuple(example[name] for name in INPUTS),
        str(file),
        input_names=list(INPUTS),
        output_names=["hidden"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    loaded[0].auto_model.config._attn_implementation = attention  # noqa: SLF001


def _encode(tokenizer: Any, session: Any) -> Encode:  # noqa: ANN401  both untyped here
    def encode(texts: Sequence[str]) -> Vectors:
        """Mean of the pieces, length 1, batches of like length: what sentence-transformers does."""
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        rows: list[Vectors] = [np.zeros(0, np.float32)] * len(texts)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            pieces = tokenizer(
                [texts[place] for place in batch],
                padding=True,
                truncation=True,
                max_length=LONGEST,
                return_tensors="np",
            )
            (hidden,) = session.run(None, {name: pieces[name].astype(np.int64) for name in INPUTS})
            mask = pieces["attention_mask"][..., None]
            means = (hidden * mask).sum(axis=1) / mask.sum(axis=1)
            for place, mean in zip(batch, means / np.linalg.norm(means, axis=1, keepdims=True), strict=True):
                rows[place] = mean
        return np.stack(rows)

    return encode
