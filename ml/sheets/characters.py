"""Characters that can't be printed: how a sentence names them, even those that nobody sees."""

import unicodedata

MAX_NAMED = 8


def find_invisible(text: str) -> str:
    """Return the characters of a text that show nothing, such as joiners and soft hyphens, each once."""
    return "".join(dict.fromkeys(one for one in text if not one.isprintable()))


def name_characters(characters: str) -> str:
    """Return the first MAX_NAMED characters as people can tell them: what can't be seen, by its name in Unicode."""
    named = [_name(one) for one in characters[:MAX_NAMED]]
    return ", ".join([*named, "…"] if len(characters) > MAX_NAMED else named)


def _name(character: str) -> str:
    if character.isprintable() and not unicodedata.category(character).startswith("M"):  # a mark stands on a letter
        return character
    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X} ({name})" if name else f"U+{ord(character):04X}"
