# The commands of the project, the same for people, CI and pre-commit. Run with `.venv/bin/just`, after `make install`.

export PATH := justfile_directory() / ".venv/bin:" + env("PATH")

# The tests of a file stay together, since they share its servers, and in their order, so that the many short ones come
# last and no core is left without work.
side_by_side := "--numprocesses=2 --dist=loadfile --no-loadscope-reorder"

# Show the commands.
default:
    @just --list

# Run the whole app on embedded parts and recorded logs: `just demo --port 8001`.
demo *options:
    logagent demo {{ options }}

# Run all tests, two files at a time; `just test -k intent` runs some of them, one after the other.
test *options: query-parsers
    LEZER_HOME="{{ justfile_directory() }}/.venv/lezer" pytest {{ if options == "" { side_by_side } else { options } }}

# Run only the tests that start real servers and browsers (with LOKI_URL set, also against that Loki).
test-int *options:
    pytest -m "integration or browser" {{ options }}

# The deterministic gate: the golden set without a model gives the committed metrics to the last digit.
eval:
    #!/usr/bin/env sh
    set -eu
    out="$(mktemp -d)/run"
    logagent eval triage --experiment extractive --dataset evals/golden/golden-v1.jsonl --repeats 2 --out "$out"
    logagent eval gate "$out" --same --no-latency

# Check style, types and the one-way packages.
lint:
    ruff check .
    ruff format --check .
    mypy
    lint-imports

# Check everything in deploy/, offline; CRD_SCHEMAS names a folder with the definitions of custom resources.
validate *checks: query-parsers
    LEZER_HOME="{{ justfile_directory() }}/.venv/lezer" python -m deploy.validation {{ checks }}

# The parsers of LogQL and TraceQL that Grafana's editor uses, from npm; without npm those queries are not checked.
[private]
query-parsers:
    #!/usr/bin/env sh
    set -eu
    folder="{{ justfile_directory() }}/.venv/lezer"
    if command -v npm >/dev/null && ! cmp -s deploy/validation/package.json "$folder/package.json"; then
        mkdir -p "$folder"
        cp deploy/validation/package.json "$folder/"
        # Without a registry those checks are left out and say so; everything else still runs.
        npm install --prefix "$folder" --silent --no-audit --no-fund --no-package-lock --ignore-scripts || rm -r "$folder"
    fi

# Mend what can be mended by itself.
format:
    ruff check --fix .
    ruff format .

# Pin the newest versions that fit pyproject.toml, without index addresses; torch is chosen at install time.
lock:
    #!/usr/bin/env sh
    set -eu
    echo "# Exact versions of everything; made by 'just lock', read by make. torch stands in pyproject.toml: its CPU build is chosen at install time." > constraints.new
    uv pip compile --quiet --upgrade pyproject.toml --all-extras --universal --python-version 3.11 --no-emit-index-url \
        --no-emit-find-links --no-annotate --no-header | sed -E '/^(torch|nvidia-|cuda-|triton)/d' >> constraints.new
    mv constraints.new constraints.txt

# Measure speed: `just bench patterns changes --json`, or all without a name.
bench *options:
    python -m evals.bench {{ options }}
