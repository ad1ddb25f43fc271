"""Matplotlib's SVG in half the room, and the same to the eye: a notebook may hold 600 kB."""

import re

# A decimal that places something; a factor of scale(…) must stay as it is.
_FRACTION = re.compile(r"((?:scale|rotate|matrix)\([^)]*\))|(-?\d+\.\d{3,})")
# A group without attributes, and without a group inside.
_EMPTY_GROUP = re.compile(r"<g>((?:(?!</?g[ >]).)*)</g>", re.DOTALL)
# The outline of a letter, in 64ths of what a letter is scaled by.
_GLYPH = re.compile(r'd="([^"]*)" transform="scale\(0\.015625\)"')
_FONTS = {
    "DejaVuSans-BoldOblique-": "x",
    "DejaVuSans-Bold-": "b",
    "DejaVuSans-Oblique-": "o",
    "DejaVuSans-": "p",
}


def compact(markup: str) -> str:
    """Leave out what nobody sees: line breaks, comments, names, less than a hundredth of a point.

    Args:
        markup: An SVG as Matplotlib writes it, with text as outlines.

    Returns:
        An SVG that looks the same.
    """
    markup = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", markup, flags=re.DOTALL)
    markup = re.sub(r"\s*\n\s*", " ", re.sub(r">\s+<", "><", markup)).strip()
    markup = _GLYPH.sub(_coarser, markup)
    markup = _FRACTION.sub(lambda found: found[1] or f"{float(found[2]):.2f}".rstrip("0").rstrip("."), markup)
    markup = re.sub(r'(?<= style=")[^"]*', lambda found: re.sub(r"([:;]) ", r"\1", found[0]), markup)
    markup = re.sub(r'(?<= d=")[^"]*', lambda found: re.sub(r" ?([A-Za-z]) ?", r"\1", found[0]), markup)
    for font, short in _FONTS.items():
        markup = re.sub(rf'(?<=[#"]){font}(?=\w+")', short, markup)
    # Every group has a name, and nothing refers to the names; what is left of most groups is nothing.
    markup, left = re.sub(r'<g id="[^"]*">', "<g>", markup), 1
    while left:
        markup, left = _EMPTY_GROUP.subn(r"\1", markup)
    # As JSON, each double quote takes two characters.
    return markup if "'" in markup else markup.replace('"', "'")


def _coarser(glyph: re.Match) -> str:
    """An outline in eighths: a hundredth of a point in letters of ten."""
    outline = re.sub(r"-?\d+(?:\.\d+)?", lambda number: str(round(float(number[0]) / 8)), glyph[1])
    return f'd="{outline}" transform="scale(0.125)"'
