"""Numbers as a reader sees them; the same rules stand in formatting.js."""

from decimal import ROUND_HALF_UP, Context, Decimal

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_weight(number: float) -> str:
    """A weight with three decimals, or as a power of ten where three decimals would hide it.

    Args:
        number: Any finite number.

    Returns:
        The number as text, with a true minus sign.

    >>> format_weight(0.05), format_weight(2.4987e-122), format_weight(-1.5), format_weight(0.0)
    ('0.050', '2.5 × 10⁻¹²²', '−1.500', '0')
    """
    if number == 0:
        return "0"
    size = abs(number)
    sign = "−" if number < 0 else ""
    if 1e-3 <= size < 1e5:
        return f"{sign}{Decimal(size).quantize(Decimal('0.001'), ROUND_HALF_UP)}"
    rounded = Context(prec=2, rounding=ROUND_HALF_UP).create_decimal_from_float(size)
    digits, exponent = f"{rounded:.1e}".split("e")
    return f"{sign}{digits} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def format_number(number: float) -> str:
    """A number with up to four decimals and no trailing zeros.

    Args:
        number: Any finite number.

    Returns:
        The number as text, with a true minus sign; a power of ten where four decimals would hide it.

    >>> format_number(40.0), format_number(0.6931471805599453), format_number(-0.5)
    ('40', '0.6931', '−0.5')
    """
    size = abs(number)
    if size != 0 and not 1e-4 <= size < 1e7:
        return format_weight(number)
    text = f"{Decimal(size).quantize(Decimal('0.0001'), ROUND_HALF_UP):f}".rstrip("0").rstrip(".")
    return f"−{text}" if number < 0 else text
