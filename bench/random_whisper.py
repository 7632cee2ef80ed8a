"""Models in Whisper's published shapes with random weights. They take as much time as trained ones, provided that the
number of decoded tokens is fixed, and nothing has to be downloaded."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ctranslate2.specs import WhisperSpec
from ctranslate2.specs.attention_spec import MultiHeadAttentionSpec
from ctranslate2.specs.common_spec import Conv1DSpec, LayerNormSpec, LinearSpec
from ctranslate2.specs.transformer_spec import FeedForwardSpec
from numpy.typing import NDArray

FRAMES = 3000
_POSITIONS = 448
_ORDINARY_TOKENS = 50_257
_ALIGNMENT_HEADS = 6
_SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
END = _ORDINARY_TOKENS
START_SEQUENCE = [END + 1, END + 2, END + 4]
PROMPT = [*START_SEQUENCE, END + len(_SPECIAL) - 1]


@dataclass(frozen=True)
class WhisperShape:
    """The dimensions of a published model (openai/whisper, model cards)."""

    name: str
    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    mels: int
    vocabulary: int


SHAPES = (
    WhisperShape("base.en", 512, 8, 6, 6, 80, 51_864),
    WhisperShape("small", 768, 12, 12, 12, 80, 51_865),
    WhisperShape("large-v3-turbo", 1280, 20, 32, 4, 128, 51_866),
)


def write_model(folder: Path, shape: WhisperShape, compute_type: str) -> None:
    """Write a folder that CTranslate2 loads. A weight takes about one byte in int8, two in float16."""
    random = np.random.default_rng(0)
    spec = WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)

    def weight(*size: int) -> NDArray[np.float32]:
        return (random.random(size, np.float32) - np.float32(0.5)) * np.float32(2 / math.sqrt(math.prod(size[1:])))

    def linear(layer: LinearSpec | Conv1DSpec, *size: int) -> None:
        layer.weight = weight(*size)
        layer.bias = np.zeros(size[0], np.float32)

    def norm(layer: LayerNormSpec) -> None:
        layer.gamma = np.ones(shape.width, np.float32)
        layer.beta = np.zeros(shape.width, np.float32)

    def attention(layer: MultiHeadAttentionSpec, *outputs: int) -> None:
        norm(layer.layer_norm)
        for each, times in zip(layer.linear, outputs, strict=True):
            linear(each, times * shape.width, shape.width)

    def feed_forward(layer: FeedForwardSpec) -> None:
        norm(layer.layer_norm)
        linear(layer.linear_0, 4 * shape.width, shape.width)
        linear(layer.linear_1, shape.width, 4 * shape.width)

    linear(spec.encoder.conv1, shape.width, shape.mels, 3)
    linear(spec.encoder.conv2, shape.width, shape.width, 3)
    spec.encoder.position_encodings.encodings = weight(FRAMES // 2, shape.width)
    norm(spec.encoder.layer_norm)
    for layer in spec.encoder.layer:
        attention(layer.self_attention, 3, 1)
        feed_forward(layer.ffn)
    spec.decoder.embeddings.weight = weight(shape.vocabulary, shape.width)
    spec.decoder.position_encodings.encodings = weight(_POSITIONS, shape.width)
    norm(spec.decoder.layer_norm)
    for layer in spec.decoder.layer:
        attention(layer.self_attention, 3, 1)
        attention(layer.attention, 1, 2, 1)
        feed_forward(layer.ffn)
    linear(spec.decoder.projection, shape.vocabulary, shape.width)

    tokens = [f"token{number}" for number in range(_ORDINARY_TOKENS)] + list(_SPECIAL)
    tokens += [f"<|{number * 0.02:.2f}|>" for number in range(shape.vocabulary - len(tokens))]
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [END + 2]
    spec.config.alignment_heads = [(shape.decoder_layers - 1, head) for head in range(_ALIGNMENT_HEADS)]
    spec.validate()
    spec.optimize(quantization=compute_type)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
