#!/bin/sh
# Runs the server on the first model of the folder, or says how to get one and waits: a crash loop would say less.
set -eu
for model in /models/*.gguf; do
    if [ -s "$model" ]; then
        echo "serving $model"
        LLAMA_ARG_MODEL=$model exec /app/llama-server
    fi
done
while :; do
    echo "no model: put a GGUF file into the folder that MODELS names (deploy/compose/models by default) and restart llama-cpp; until then answers are extractive" >&2
    sleep 300
done
