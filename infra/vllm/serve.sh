#!/bin/sh
# Serves Llama 3.1 8B Instruct for Rostrum with vLLM. Settings are environment variables, explained in README.md in this
# folder. Further options of `vllm serve` may be given as arguments.
set -eu

MODEL="${MODEL:-meta-llama/Llama-3.1-8B-Instruct}"
NAME="${NAME:-meta-llama/Llama-3.1-8B-Instruct}"

if ! command -v vllm >/dev/null; then
    echo "vllm is not installed. It needs a GPU with CUDA: pip install 'rostrum[vllm]'" >&2
    exit 1
fi

# Weights published in quantised form need no option; this quantises full weights while they are loaded.
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
