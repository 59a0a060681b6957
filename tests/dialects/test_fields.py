import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from wsserver.dialects.fields import Wrong, first_wrong


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rate: int = 1


class Outer(BaseModel):
    format: Inner = Inner()


def wrong(found: object, *place: str) -> Wrong:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(found)
    return first_wrong(caught.value, *place)


def test_the_way_to_a_field_is_told_and_what_is_wrong_there() -> None:
    told = wrong({"format": {"rate": "secret"}}, "config")

    assert (told.kind, told.where) == ("int_parsing", "config.format.rate")
    assert str(told).startswith("field 'config.format.rate': input should be a valid integer")
    assert "secret" not in str(told)


def test_a_long_name_is_cut() -> None:
    told = wrong({"format": {"x" * 1_000: 1}})

    assert told.kind == "extra_forbidden"
    assert len(str(told)) < 120


def test_what_there_is_beyond_can_be_told_too() -> None:
    assert wrong({"format": "secret"}).context == {"class_name": "Inner"}
