"""Look for input that reaches new code of one target, with atheris.

Knows atheris, which is no dependency; knows nothing of what the targets try.
"""

import sys

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]


def main() -> None:
    """Fuzz the target that the first argument names; the others are libFuzzer's."""
    with atheris.instrument_imports(include=["wsserver", "bench"]):
        from bench.fuzzing.targets import target_named
    program, name, *arguments = sys.argv
    atheris.Setup([program, *arguments], target_named(name).run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
