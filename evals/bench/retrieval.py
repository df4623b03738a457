"""Milliseconds of a warm search over 100,000 sections, end to end and by part, and the memory it takes.

The sections are made of the bundled runbooks' own: each has the text of one and sentences of a second, and the mean of
their vectors with a little noise, since embedding 100,000 texts takes a quarter of an hour. The queries are the bundled
ones. The index is built in a process of its own, so that the memory is that of a process that only searches.
"""

import json
import subprocess
import sys
import tempfile
from typing import Any

SECTIONS = 100_000
ROUNDS = 2
LIMIT_S = 1_500

_BUILD = """
import random, sys
from pathlib import Path
import numpy as np
from ingestion.corpus import runbook_folder
from retrieval.knowledge.chunking import parse_markdown
from retrieval.knowledge.documents import Document, Section, embedding_text
from retrieval.knowledge.embedding import SentenceEmbedder, find_model
from retrieval.knowledge.index import open_index
from retrieval.knowledge.records import records_of
folder, count = Path(sys.argv[1]), int(sys.argv[2])
paths = sorted(runbook_folder().glob("*.md"))
real = [parse_markdown(path.read_text("utf-8"), source="real", doc_id=path.name) for path in paths]
pool = [(document.title, section) for document in real for section in document.sections]
embedder = SentenceEmbedder(find_model())
vectors = embedder.embed_texts([embedding_text(title, section) for title, section in pool])
draw, noise = random.Random(7), np.random.default_rng(7)
def noisy(mean):
    moved = mean + noise.normal(0, 0.02, mean.shape)
    return (moved / np.linalg.norm(moved)).astype(np.float32)
with open_index(embedder.model, folder=folder) as index:
    runbooks = index.collection("runbooks")
    records, rows = [], []
    for number in range(count // 10):
        chosen = [(draw.randrange(len(pool)), draw.randrange(len(pool))) for _ in range(10)]
        sections = tuple(
            Section(pool[a][1].header_path, f"{pool[a][1].text[:700]}\\n{pool[b][1].text[-250:]}".strip(), part)
            for part, (a, b) in enumerate(chosen)
        )
        title = f"{pool[chosen[0][0]][0]} {number}"
        records += records_of(Document("made", f"{number:05}.md", title, sections), str(number))
        rows += [noisy((vectors[a] + vectors[b]) / 2) for a, b in chosen] + [noisy(vectors[chosen[0][0]])]
        if len(records) >= 5000 or number == count // 10 - 1:
            runbooks.add(records, np.stack(rows))
            records, rows = [], []
"""

_SEARCH = """
import json, sys, time
from pathlib import Path
import numpy as np
from evals.retrieval.command import BUNDLED_QUERIES
from retrieval.knowledge.embedding import SentenceEmbedder, find_model
from retrieval.knowledge.index import open_index
from retrieval.knowledge.search import KnowledgeSearch, SubQuery
def held():
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
def timed(work):
    began = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - began) * 1000
embedder = SentenceEmbedder(find_model())
embedder.load()
queries = [json.loads(line)["query"] for line in BUNDLED_QUERIES.read_text("utf-8").splitlines()]
with open_index(embedder.model, folder=Path(sys.argv[1])) as index:
    runbooks, search, before = index.find("runbooks"), KnowledgeSearch(index, embedder), held()
    _, opening = timed(search.refresh)
    _, fetching = timed(search.fetch_vectors)
    for query in queries[:20]:
        search.search([SubQuery(query)])
    parts = {"total": [], "total_cpu": [], "embedding": [], "dense": [], "lexical": []}
    for _ in range(int(sys.argv[2])):
        for query in queries:
            began = time.process_time()
            parts["total"].append(timed(lambda: search.search([SubQuery(query)]))[1])
            parts["total_cpu"].append((time.process_time() - began) * 1000)
            vector, spent = timed(lambda: embedder.embed_queries([query]))
            parts["embedding"].append(spent)
            parts["dense"].append(timed(lambda: runbooks.nearest(vector, 100))[1])
            parts["lexical"].append(timed(lambda: search.search([SubQuery(query)], mode="lexical"))[1])
    after, records = held(), runbooks.count()
first = parts["total"][:len(queries)]
p50, p95 = ({name: float(np.percentile(each, q)) for name, each in parts.items()} for q in (50, 95))
print(json.dumps({
    "p95_ms": p95["total"], "p50_ms": p50["total"], "p95_ms_of_first_round": float(np.percentile(first, 95)),
    "p95_cpu_ms": p95["total_cpu"], "p50_cpu_ms": p50["total_cpu"],
    "embedding_p50_ms": p50["embedding"], "nearest_p50_ms": p50["dense"], "words_alone_p50_ms": p50["lexical"],
    "embedding_p95_ms": p95["embedding"], "searches": len(parts["total"]),
    "records": records, "opening_s": opening / 1000, "fetching_s": fetching / 1000,
    "rss_before_mib": before, "rss_mib": after,
}))
"""


def retrieval(sections: int = SECTIONS) -> dict[str, Any]:
    """Percentiles over all searches: `nearest` is Chroma's part of one, `words_alone` a whole search by words.

    What is left of the total is scoring the candidates, whose vectors were fetched before (`fetching`). `cpu` is time
    of the processor, all threads together, which another program hardly changes.
    """
    with tempfile.TemporaryDirectory(prefix="logagent-bench-") as folder:
        _run(_BUILD, folder, str(sections))
        measured: dict[str, Any] = json.loads(_run(_SEARCH, folder, str(ROUNDS)))
    return {**measured, "sections": sections}


def _run(program: str, *arguments: str) -> str:
    ended = subprocess.run(  # noqa: S603  # our own interpreter with our own text
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, timeout=LIMIT_S, check=True
    )
    return ended.stdout
