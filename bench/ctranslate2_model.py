"""A checkpoint of openai-whisper as the folder that faster-whisper loads.

    python -m bench.ctranslate2_model base.pt base-ct2/ --type int8

Needs neither the transformers library nor a connection: the weights come from the checkpoint, the
vocabulary from openai-whisper's own tokenizer.
"""

import json
import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np
import tokenizers
import whisper
from ctranslate2.specs import WhisperSpec
from numpy.typing import NDArray
from tokenizers import AddedToken, decoders, pre_tokenizers
from tokenizers.models import BPE
from whisper.audio import CHUNK_LENGTH, HOP_LENGTH, N_FFT, SAMPLE_RATE
from whisper.model import Whisper
from whisper.tokenizer import Tokenizer, get_tokenizer

from wsserver.recognition.engines.whisper_.alignment import heads_of, set_heads
from wsserver.recognition.engines.whisper_.tokens import blank

TYPES = ("float32", "float16", "int8", "int8_float16", "int8_float32")

Weights = dict[str, NDArray[np.float32]]
"""Tensors by the names that openai-whisper's state dict gives them."""


def convert(checkpoint: Path, folder: Path, stored: str = "float32") -> Path:
    """Write *checkpoint* to *folder* with weights *stored* in one of `TYPES`; give the folder."""
    stock = whisper.load_model(str(checkpoint), device="cpu")
    set_heads(stock)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it never closes its file
        known = get_tokenizer(stock.is_multilingual, num_languages=stock.num_languages)
    spec = _filled(stock)
    spec.register_vocabulary([spelled(known, token) for token in range(stock.dims.n_vocab)])
    spec.config.suppress_ids = list(known.non_speech_tokens)
    spec.config.suppress_ids_begin = blank(known)
    spec.config.lang_ids = sorted(known.all_language_tokens)
    spec.config.alignment_heads = list(heads_of(stock))
    spec.validate()
    spec.optimize(quantization=stored)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer_of(known).save(str(folder / "tokenizer.json"))
    preprocessor = json.dumps(_preprocessor(stock.dims.n_mels), indent=2)
    (folder / "preprocessor_config.json").write_text(preprocessor + "\n", "utf-8")
    return folder


def _filled(stock: Whisper) -> Any:
    """Give CTranslate2's description of the model, with its weights."""
    dims = stock.dims
    weights = {name: tensor.float().numpy() for name, tensor in stock.state_dict().items()}
    spec = WhisperSpec(dims.n_audio_layer, dims.n_audio_head, dims.n_text_layer, dims.n_text_head)
    for side, name in ((spec.encoder, "encoder"), (spec.decoder, "decoder")):
        side.position_encodings.encodings = weights[f"{name}.positional_embedding"]
        for number, layer in enumerate(side.layer):
            _fill_layer(layer, weights, f"{name}.blocks.{number}")
    _fill_linear(spec.encoder.conv1, weights, "encoder.conv1")
    _fill_linear(spec.encoder.conv2, weights, "encoder.conv2")
    _fill_norm(spec.encoder.layer_norm, weights, "encoder.ln_post")
    _fill_norm(spec.decoder.layer_norm, weights, "decoder.ln")
    spec.decoder.embeddings.weight = weights["decoder.token_embedding.weight"]
    spec.decoder.projection.weight = weights["decoder.token_embedding.weight"]
    return spec


def _fill_layer(layer: Any, weights: Weights, name: str) -> None:
    attention = layer.self_attention
    _fill_norm(attention.layer_norm, weights, f"{name}.attn_ln")
    _fill_fused(attention.linear[0], weights, f"{name}.attn", ("query", "key", "value"))
    _fill_linear(attention.linear[1], weights, f"{name}.attn.out")
    if f"{name}.cross_attn.out.weight" in weights:
        cross = layer.attention
        _fill_norm(cross.layer_norm, weights, f"{name}.cross_attn_ln")
        _fill_fused(cross.linear[0], weights, f"{name}.cross_attn", ("query",))
        _fill_fused(cross.linear[1], weights, f"{name}.cross_attn", ("key", "value"))
        _fill_linear(cross.linear[2], weights, f"{name}.cross_attn.out")
    _fill_norm(layer.ffn.layer_norm, weights, f"{name}.mlp_ln")
    _fill_linear(layer.ffn.linear_0, weights, f"{name}.mlp.0")
    _fill_linear(layer.ffn.linear_1, weights, f"{name}.mlp.2")


def _fill_linear(spec: Any, weights: Weights, name: str) -> None:
    spec.weight, spec.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _fill_norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _fill_fused(spec: Any, weights: Weights, name: str, parts: Sequence[str]) -> None:
    matrices = [weights[f"{name}.{part}.weight"] for part in parts]
    # Whisper's keys have no bias.
    nothing = np.zeros(len(matrices[0]), np.float32)
    spec.weight = np.concatenate(matrices)
    spec.bias = np.concatenate([weights.get(f"{name}.{part}.bias", nothing) for part in parts])


def _preprocessor(mels: int) -> dict[str, int]:
    return {
        "feature_size": mels,
        "sampling_rate": SAMPLE_RATE,
        "hop_length": HOP_LENGTH,
        "chunk_length": CHUNK_LENGTH,
        "n_fft": N_FFT,
    }


def _alphabet() -> dict[int, str]:
    """Give the letter that stands for each byte in a byte-level vocabulary, as GPT-2 chose them."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in shown]
    return {byte: chr(byte) for byte in shown} | {
        byte: chr(0x100 + place) for place, byte in enumerate(hidden)
    }


_LETTERS = _alphabet()


def _in_letters(data: bytes) -> str:
    return "".join(_LETTERS[byte] for byte in data)


def spelled(known: Tokenizer, token: int) -> str:
    """Give a token as the vocabulary writes it: its bytes as letters, or its mark."""
    data = known.encoding.decode_single_token_bytes(token)
    return _in_letters(data) if token < known.eot else data.decode()


def tokenizer_of(known: Tokenizer) -> tokenizers.Tokenizer:
    """Give the tokenizer that the tokenizers library loads, for the same tokens."""
    text = [known.encoding.decode_single_token_bytes(token) for token in range(known.eot)]
    vocabulary = {_in_letters(data): token for token, data in enumerate(text)}
    tokenizer = tokenizers.Tokenizer(BPE(vocabulary, list(_merges(text))))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    marks = range(known.eot, known.encoding.n_vocab)
    tokenizer.add_special_tokens(
        [AddedToken(spelled(known, token), special=True) for token in marks]
    )
    return tokenizer


def _merges(text: Sequence[bytes]) -> Iterator[tuple[str, str]]:
    """Give the two parts that each token longer than a byte is merged from, in their order.

    A token's parts are what its bytes come to by all earlier merges.
    """
    ranks = {data: rank for rank, data in enumerate(text)}
    for data, rank in ranks.items():
        if len(data) > 1:
            parts = _merged(data, ranks, rank)
            if len(parts) == 2:
                yield _in_letters(parts[0]), _in_letters(parts[1])


def _merged(data: bytes, ranks: dict[bytes, int], before: int) -> list[bytes]:
    """Merge the bytes of *data*, the pair of the lowest rank first, by ranks below *before*."""
    parts = [data[place : place + 1] for place in range(len(data))]
    while len(parts) > 1:
        found = [ranks.get(left + right, before) for left, right in pairwise(parts)]
        lowest = min(found)
        if lowest >= before:
            break
        place = found.index(lowest)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return parts


@click.command()
@click.argument("checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--type", "stored", type=click.Choice(TYPES), default="float32", show_default=True)
def main(checkpoint: Path, folder: Path, stored: str) -> None:
    """Convert a CHECKPOINT of openai-whisper to a FOLDER for faster-whisper."""
    print(f"wrote {convert(checkpoint, folder, stored)}")


if __name__ == "__main__":
    main()
