"""The training bench of chapters 2 and 8: train networks by hand and watch their length curves, in Jupyter.

``run`` trains in the background, ``panel`` holds the controls, ``curves`` draws, ``still`` is what a page
shows that nobody can run.
"""

from whyattention.bench.bench import TrainingBench
from whyattention.bench.run import RunSettings, TrainingRun

__all__ = ["RunSettings", "TrainingBench", "TrainingRun"]
