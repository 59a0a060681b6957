"""Tell text that may still be revised to a client that can only add to what it has read.

Knows text; knows no single language.
"""


def rest(told: str, text: str) -> str:
    """Give what is to be added to *told* so that it says *text*, or as nearly as it can.

    Where *text* revises what was told, its words behind as many as were told.
    """
    if text.startswith(told):
        return text[len(told) :]
    words = text.split()[len(told.split()) :]
    return f" {' '.join(words)}" if words else ""
