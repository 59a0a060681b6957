import pytest
import whisper
from whisper.model import ModelDimensions, Whisper

from wsserver.recognition.engines.whisper_.alignment import heads_of, set_heads, twin

# Dimensions as the published checkpoints state them.
PUBLISHED = {
    "tiny.en": ModelDimensions(80, 1500, 384, 6, 4, 51864, 448, 384, 6, 4),
    "tiny": ModelDimensions(80, 1500, 384, 6, 4, 51865, 448, 384, 6, 4),
    "base.en": ModelDimensions(80, 1500, 512, 8, 6, 51864, 448, 512, 8, 6),
    "base": ModelDimensions(80, 1500, 512, 8, 6, 51865, 448, 512, 8, 6),
    "small.en": ModelDimensions(80, 1500, 768, 12, 12, 51864, 448, 768, 12, 12),
    "small": ModelDimensions(80, 1500, 768, 12, 12, 51865, 448, 768, 12, 12),
    "medium.en": ModelDimensions(80, 1500, 1024, 16, 24, 51864, 448, 1024, 16, 24),
    "medium": ModelDimensions(80, 1500, 1024, 16, 24, 51865, 448, 1024, 16, 24),
    "large-v3": ModelDimensions(128, 1500, 1280, 20, 32, 51866, 448, 1280, 20, 32),
    "large-v3-turbo": ModelDimensions(128, 1500, 1280, 20, 32, 51866, 448, 1280, 20, 4),
}
LARGE_V1_AND_V2 = ModelDimensions(80, 1500, 1280, 20, 32, 51865, 448, 1280, 20, 32)
UNPUBLISHED = ModelDimensions(80, 1500, 192, 3, 4, 51864, 448, 192, 3, 2)


@pytest.mark.parametrize(("name", "dims"), PUBLISHED.items())
def test_a_published_model_is_known_by_its_dimensions(name: str, dims: ModelDimensions) -> None:
    assert twin(dims) == name


def test_every_published_model_but_the_two_alike_is_known() -> None:
    heads = whisper._ALIGNMENT_HEADS
    unknown = {heads["large-v1"], heads["large-v2"]}

    assert {dump for name, dump in heads.items() if name not in PUBLISHED} - {
        heads[name] for name in PUBLISHED
    } == unknown


@pytest.mark.parametrize("dims", [LARGE_V1_AND_V2, UNPUBLISHED])
def test_other_dimensions_have_no_twin(dims: ModelDimensions) -> None:
    assert twin(dims) is None


def test_a_checkpoint_with_known_dimensions_gets_the_heads_of_its_twin() -> None:
    model = Whisper(PUBLISHED["tiny"])
    default = heads_of(model)

    set_heads(model)

    assert heads_of(model) == ((2, 2), (3, 0), (3, 2), (3, 3), (3, 4), (3, 5))
    assert default == tuple((layer, head) for layer in (2, 3) for head in range(6))


def test_an_unknown_checkpoint_keeps_the_later_half_of_its_layers() -> None:
    model = Whisper(UNPUBLISHED)

    set_heads(model)

    assert heads_of(model) == ((1, 0), (1, 1), (1, 2))
