"""Tables and drawings where no script runs, as on GitHub and in print. What they take is escaped already."""

from collections.abc import Iterable, Sequence


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], foot: str = "") -> str:
    """A table; each row begins with its name.

    Args:
        caption: What the table holds.
        heads: The names of the columns, or none.
        rows: The cells of each row.
        foot: The HTML of a row below all others, if there is one.

    >>> table("Squares", ["x", "x²"], [["2", "4"]])[-57:]
    '<tr><th scope="row">2</th><td>4</td></tr></tbody></table>'
    """
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for name, *cells in rows
    )
    return (
        f"<table><caption>{caption}</caption>"
        + (f"<thead><tr>{head}</tr></thead>" if heads else "")
        + f"<tbody>{body}</tbody>"
        + (f"<tfoot><tr>{foot}</tr></tfoot>" if foot else "")
        + "</table>"
    )


def picture(width: float, height: float, label: str, *parts: str) -> str:
    """A drawing of a fixed size, in pixels.

    >>> picture(40, 20, "A line.", '<path d="M0 0H40"/>')[:59]
    '<svg viewBox="0 0 40 20" width="40" height="20" role="img" '
    """
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def words(x: float, y: float, text: str, anchor: str = "start", size: int = 12) -> str:
    """Words in a drawing.

    >>> words(4, 12, "c", size=14)
    '<text x="4" y="12" text-anchor="start" font-size="14" fill="currentColor">c</text>'
    """
    return (
        f'<text x="{round(x, 1):g}" y="{round(y, 1):g}" text-anchor="{anchor}" font-size="{size}" '
        f'fill="currentColor">{text}</text>'
    )
