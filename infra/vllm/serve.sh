#!/bin/sh
# Serves Llama 3.1 8B Instruct for Rostrum with vLLM. Settings are environment variables; README.md beside this file tells
# what they mean. More options of `vllm serve` may follow as arguments.
set -eu

MODEL="${MODEL:-meta-llama/Llama-3.1-8B-Instruct}"
NAME="${NAME:-meta-llama/Llama-3.1-8B-Instruct}"

if ! command -v vllm >/dev/null; then
    echo "There is no vllm here. It wants a GPU with CUDA: pip install 'rostrum[vllm]'" >&2
    exit 1
fi

# Weights that were published quantised say so themselves; this quantises full ones while they are loaded.
if [ -n "${QUANTIZATION:-}" ]; then
    set -- --quantization "$QUANTIZATION" "$@"
fi

exec vllm serve "$MODEL" \
    --served-model-name "$NAME" \
    --host "${HOST:-127.0.0.1}" \
    --port "${PORT:-8000}" \
    --max-model-len "${CONTEXT:-8192}" \
    --max-num-seqs "${SEQUENCES:-64}" \
    --gpu-memory-utilization "${MEMORY:-0.90}" \
    --enable-prefix-caching \
    --generation-config vllm \
    "$@"
