"""Say how well a line could end between two words, without a parser.

Knows the small words of some languages and the punctuation of all; knows nothing of lines.

What is asked for is the same everywhere: Netflix, "Line Treatment" (after punctuation, before
conjunctions and prepositions; not between article, adjective and noun, first and last name,
subject pronoun, auxiliary or negation and verb) and BBC 3.4, "Break at natural points".
"""

import re
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cache

from wsserver.text.captions.tokens import Token, is_letter_a_word


class Joint(StrEnum):
    """What is between two tokens; the better a line ends there, the earlier it stands."""

    SENTENCE = auto()
    CLAUSE = auto()
    CONJUNCTION = auto()
    PREPOSITION = auto()
    PLAIN = auto()
    CHARACTER = auto()
    """Two characters of a script without spaces: maybe in the midst of a word."""

    PRONOUN = auto()
    NAME = auto()
    """Two words with capitals, or a number and what is counted."""

    BOUND = auto()
    """A word that leads to the next one, as an article does."""

    WORD = auto()
    """In the midst of a word that is longer than a line."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Small words of a language, in lower case."""

    conjunctions: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()
    modifiers: frozenset[str] = frozenset()
    """Articles, possessives, common adjectives, auxiliaries and negations: what follows belongs to
    them."""

    pronouns: frozenset[str] = frozenset()
    """Subjects; but some are objects as well, behind which a phrase may begin."""


SMALL_WORDS: dict[str, tuple[str, str, str, str]] = {
    "en": (
        "and but or nor so yet because although though while whereas if unless until when whenever"
        " where wherever that which who whom whose than as since whether",
        "of in on at to from by with for about into onto over under after before between through"
        " during against without within among across behind beyond near off out per toward towards"
        " upon via around along above below",
        "a an the this these those my your his her its our their some any each every no another"
        " other such very too more most many much few little good new old great big small long"
        " first last next same own am is are was were be been being have has had do does did will"
        " would can could shall should may might must not never don't doesn't didn't won't can't"
        " isn't aren't wasn't mr mrs ms dr",
        "i you he she it we they i'm you're he's she's it's we're they're i've we've i'll we'll",
    ),
    "de": (
        "und aber oder denn sondern sowie dass weil obwohl während wenn falls als ob bis bevor"
        " nachdem damit sodass wo wie",
        "in im ins an am ans auf aus bei beim mit nach seit von vom zu zum zur für durch gegen ohne"
        " um über unter vor hinter neben zwischen wegen trotz",
        "der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner"
        " mein meine meinen dein deine sein seine seinen ihr ihre ihren unser unsere euer eure"
        " dieser diese dieses diesen diesem jeder jede jedes jeden sehr mehr viele viel neue neuen"
        " alte alten gute guten große großen kleine kleinen erste ersten nicht nie ist sind war"
        " waren bin bist hat haben hatte hatten wird werden wurde wurden kann können konnte muss"
        " müssen soll sollen will wollen darf herr frau dr",
        "ich du er es wir man",
    ),
    "fr": (
        "et mais ou donc or ni car que qui quand lorsque puisque parce comme si où dont tandis",
        "de à dans sur sous avec sans pour par en vers chez entre depuis pendant avant après contre"
        " selon malgré jusque jusqu'à",
        "le la les un une des du au aux ce cet cette ces mon ma mes ton ta tes son sa ses notre nos"
        " votre vos leur leurs quelques plusieurs chaque tout toute tous toutes très plus moins"
        " trop petit petite grand grande bon bonne nouveau nouvelle premier première ne pas est"
        " sont était étaient a ont avait avaient sera seront ai as avons avez suis sommes êtes peut"
        " peuvent doit doivent va vont m mme",
        "je tu il elle on nous vous ils elles se me te",
    ),
    "es": (
        "y e o u pero sino ni que porque aunque mientras cuando donde como si pues quien cuyo",
        "a de del al en con sin por para sobre entre desde hasta hacia contra según tras durante"
        " ante bajo",
        "el la los las un una unos unas este esta estos estas ese esa esos esas mi mis tu tus su"
        " sus nuestro nuestra cada todo toda todos todas muy más menos tan gran nuevo nueva buen"
        " primer primera no nunca es son era eran fue fueron está están ha han había habían he"
        " hemos será puede pueden debe deben va van sr sra",
        "yo tú él ella nosotros ellos ellas usted ustedes se me te lo le nos les",
    ),
    "it": (
        "e ed ma o oppure né che perché anche se mentre quando dove come poiché affinché cui chi",
        "di a da in con su per tra fra del dello della dei degli delle al allo alla ai agli alle"
        " dal dalla dai dalle nel nello nella nei nelle sul sulla sui sulle senza verso contro dopo"
        " prima durante",
        "il lo la i gli le un uno una questo questa questi queste quel quella quei quelle mio mia"
        " tuo tua suo sua nostro nostra ogni tutto tutta tutti tutte molto più meno grande nuovo"
        " nuova primo non mai è sono era erano ha hanno ho abbiamo aveva avevano sarà può"
        " possono deve devono sta stanno",
        "io tu lui lei noi voi loro si mi ti ci vi ne",
    ),
    "pt": (
        "e ou mas nem que porque embora enquanto quando onde como se pois quem cujo",
        "a de em com sem por para sobre entre desde até contra segundo após durante do da dos das"
        " no na nos nas ao à aos às pelo pela pelos pelas num numa",
        "o os as um uma uns umas este esta estes estas esse essa isso aquele aquela meu minha seu"
        " sua seus suas nosso nossa cada todo toda todos todas muito mais menos tão grande novo"
        " nova bom boa primeiro primeira não nunca é são era eram foi foram está estão tem têm"
        " tinha há será pode podem deve devem vai vão sr sra",
        "eu tu ele ela nós eles elas você vocês me te lhe",
    ),
    "nl": (
        "en maar of want dus dat omdat hoewel terwijl als wanneer toen zodat nadat voordat waar die"
        " wie dan",
        "van in op aan bij met naar uit voor door over onder tegen zonder tussen na sinds tot om"
        " achter naast tijdens volgens",
        "de het een deze dit mijn jouw zijn haar ons onze hun elke elk iedere geen zeer heel meer"
        " minder veel nieuwe oude goede grote kleine eerste niet nooit is was waren ben bent heeft"
        " hebben had hadden heb wordt worden werd werden kan kunnen kon moet moeten zal zullen zou"
        " wil willen mag dhr mevr",
        "ik jij je hij zij ze wij we men u",
    ),
}
"""Conjunctions, prepositions, modifiers and pronouns by language.  The viewers' pages have the same
table (webclient/phrases.js), and a test compares them."""

_SENTENCE_END = re.compile(
    "[.!?\u2026\u3002\uff01\uff1f\uff61\u061f\u06d4\u0964\u0965\u1362\u104b][\\W_]*$"
)
_CLAUSE_END = re.compile(
    "[,;:\u2013\u2014)\\]}\uff0c\u3001\uff1b\uff1a\u060c\u061b\u1363\u104a\uff09\u300d\u300f\u3011]"
    "[\\W_]*$"
)
_CLAUSE_START = re.compile("[(\\[{\u2013\u2014\uff08\u300c\u300e\u3010]")
_INITIALS = re.compile(r"(\w\.)+$")
_TITLES = frozenset({"dhr", "dr", "m", "mevr", "mme", "mr", "mrs", "ms", "prof", "sr", "sra", "st"})
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_KANA = re.compile("[\u3041-\u309f]")


@cache
def phrases(language: str | None) -> Phrases:
    """Give the small words of *language*, an ISO 639-1 code; none for one that is not known."""
    columns = SMALL_WORDS.get(language or "", ("",) * 4)
    return Phrases(*(frozenset(column.split()) for column in columns))


def joint(left: Token, right: Token, known: Phrases) -> Joint:
    """Tell what is between two neighbors."""
    before, after = left.text.strip(), right.text.strip()
    word, following = _bare(before), _bare(after)
    if _SENTENCE_END.search(before) and not _is_abbreviation(before, word, after, known):
        return Joint.SENTENCE
    if _CLAUSE_END.search(before) or _CLAUSE_START.match(after):
        return Joint.CLAUSE
    if not right.is_spaced:
        return _unspaced(before[-1], after[0])
    return _spaced(word, following, known) or _capitals(before, after)


def _spaced(word: str, following: str, known: Phrases) -> Joint | None:
    if word in known.conjunctions or word in known.prepositions or word in known.modifiers:
        return Joint.BOUND
    if following in known.conjunctions:
        return Joint.CONJUNCTION
    if following in known.prepositions:
        return Joint.PREPOSITION
    return Joint.PRONOUN if word in known.pronouns else None


def _capitals(before: str, after: str) -> Joint:
    is_name = before[:1].isupper() and after[:1].isupper()
    is_count = before[-1:].isdigit()
    return Joint.NAME if is_name or is_count else Joint.PLAIN


def _unspaced(before: str, after: str) -> Joint:
    """In Japanese a word often ends with kana, and hardly ever before them."""
    if not (is_letter_a_word(before) or is_letter_a_word(after)):
        return Joint.WORD
    return Joint.PLAIN if _KANA.match(before) and not _KANA.match(after) else Joint.CHARACTER


def _is_abbreviation(before: str, word: str, after: str, known: Phrases) -> bool:
    """Tell "J. S. Bach" and "Dr. Smith" from the end of a sentence."""
    if not before.endswith("."):
        return False
    is_short = bool(_INITIALS.fullmatch(before)) and word not in known.pronouns
    return is_short or word in _TITLES or after[:1].islower()


def _bare(text: str) -> str:
    return _EDGES.sub("", text).lower().replace("\u2019", "'")
