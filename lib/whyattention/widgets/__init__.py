"""The interactive figures of the course: one Python half and one JavaScript half each, no torch.

>>> from whyattention.widgets import Scores
>>> Scores.preset("logarithms")
Scores(words=['I', 'am', 'a', 'student'])
"""

from whyattention.widgets._base import CourseWidget, Source, StateError, bundle
from whyattention.widgets.predict import Predict
from whyattention.widgets.scores import Scores

__all__ = ["CourseWidget", "Predict", "Scores", "Source", "StateError", "bundle", "registry"]


_WIDGETS = (Scores, Predict)


def registry() -> dict[str, type[CourseWidget]]:
    """Every widget of the course by the id that its stored state carries.

    Returns:
        ``_anywidget_id`` to class. Whoever holds a stored widget finds here the module it should have.
    """
    return {f"{widget.__module__}.{widget.__name__}": widget for widget in _WIDGETS}
