"""A report that nobody measured, for tests of what shows reports."""

from tools.practice.evaluation.figures import Figure
from tools.practice.evaluation.report import Answer, Report, Row
from tools.practice.evaluation.trials import Way

WER = Figure("WER %", 12.34, 9.96, 15.0)
RIGHT = Answer("000", "en-us", "We lost it.", "We lost it.", 0.001)
WRONG = Answer("001", "en-us", "We lost it.", "We lost hit.", 0.001)
ROWS = (
    Row("Noise", "pink, 10 dB", Way.FULL, True, 2, 6, 4.5, (WER,)),
    Row("Noise", "pink, 10 dB", Way.SHORT, True, 2, 6, 4.5, (WER, Figure("exact %", 50.0))),
    Row("Shipped samples", "moved", Way.FULL, True, 2, 6, 4.5, (WER,), (RIGHT, WRONG)),
)
DIMENSIONS = (
    ("n_audio_state", 192),
    ("n_audio_layer", 4),
    ("n_text_layer", 2),
    ("n_vocab", 51_864),
)
REPORT = Report(
    checkpoint="some.pt",
    sha256="a681",
    bytes=26_938_202,
    parameters=13_000_000,
    dimensions=DIMENSIONS,
    quick=False,
    wall_s=12.5,
    missing=("digits, theo",),
    rows=ROWS,
)
