"""The interactive figures of the course: one Python half and one JavaScript half each, no torch.

>>> from whyattention.widgets import Scores
>>> Scores.preset("logarithms")
Scores(words=['I', 'am', 'a', 'student'])
"""

from whyattention.widgets._base import CourseWidget, Source, StateError, bundle
from whyattention.widgets.cell import GatedCell
from whyattention.widgets.curves import Curves
from whyattention.widgets.decoder_step import DecoderStep
from whyattention.widgets.heads import Heads
from whyattention.widgets.predict import Predict
from whyattention.widgets.reach import Reach
from whyattention.widgets.scores import Scores
from whyattention.widgets.translate import Translate

__all__ = [
    "CourseWidget",
    "Curves",
    "DecoderStep",
    "GatedCell",
    "Heads",
    "Predict",
    "Reach",
    "Scores",
    "Source",
    "StateError",
    "Translate",
    "bundle",
    "registry",
]


_WIDGETS = (Curves, DecoderStep, GatedCell, Heads, Predict, Reach, Scores, Translate)


def registry() -> dict[str, type[CourseWidget]]:
    """Every widget of the course by the id that its stored state carries.

    Returns:
        ``_anywidget_id`` to class. Whoever holds a stored widget finds here the module it should have.
    """
    return {f"{widget.__module__}.{widget.__name__}": widget for widget in _WIDGETS}
