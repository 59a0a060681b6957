"""The languages that Whisper knows, by code and by the English names it calls them.

Knows names; knows nothing of what a model can hear.
"""

_TABLE = """
af afrikaans, am amharic, ar arabic, as assamese, az azerbaijani, ba bashkir, be belarusian, bg
bulgarian, bn bengali, bo tibetan, br breton, bs bosnian, ca catalan, cs czech, cy welsh, da
danish, de german, el greek, en english, es spanish, et estonian, eu basque, fa persian, fi
finnish, fo faroese, fr french, gl galician, gu gujarati, ha hausa, haw hawaiian, he hebrew, hi
hindi, hr croatian, ht haitian creole, hu hungarian, hy armenian, id indonesian, is icelandic, it
italian, ja japanese, jw javanese, ka georgian, kk kazakh, km khmer, kn kannada, ko korean, la
latin, lb luxembourgish, ln lingala, lo lao, lt lithuanian, lv latvian, mg malagasy, mi maori, mk
macedonian, ml malayalam, mn mongolian, mr marathi, ms malay, mt maltese, my myanmar, ne nepali,
nl dutch, nn nynorsk, no norwegian, oc occitan, pa punjabi, pl polish, ps pashto, pt portuguese,
ro romanian, ru russian, sa sanskrit, sd sindhi, si sinhala, sk slovak, sl slovenian, sn shona, so
somali, sq albanian, sr serbian, su sundanese, sv swedish, sw swahili, ta tamil, te telugu, tg
tajik, th thai, tk turkmen, tl tagalog, tr turkish, tt tatar, uk ukrainian, ur urdu, uz uzbek, vi
vietnamese, yi yiddish, yo yoruba, yue cantonese, zh chinese
"""

NAMES: dict[str, str] = dict(
    entry.split(maxsplit=1) for entry in _TABLE.strip().replace("\n", " ").split(", ")
)
"""Code (ISO 639-1 where there is one) to name, in lower case."""

UNSPACED = frozenset({"bo", "ja", "km", "lo", "my", "th", "yue", "zh"})
"""Those that write no spaces between words."""

_CODES = {name: code for code, name in NAMES.items()}


def code_of(language: str) -> str:
    """Give the code of *language*: a code, one with a region as `en-US`, or a name.

    What is none of these is given back, in lower case.
    """
    known = language.strip().lower()
    stem = known.replace("_", "-").partition("-")[0]
    return _CODES.get(known) or (stem if stem in NAMES else known)
