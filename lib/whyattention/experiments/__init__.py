"""The long measurements of the book: named sweeps, each over several settings and three seeds.

``whyattention experiments NAME`` runs one and writes book/results/NAME.json; ``--list`` names them all. An
interrupted sweep goes on where it was when the same command is given again.

- ``sweeps``: what is varied, and what it costs;
- ``measures``: what one training from one seed is, and what is measured, with ``draws`` and ``curves``; only
  these three import torch;
- ``runner``: on this machine or on a Dask cluster, each unit once;
- ``results``: mean and spread over seeds, provenance, and whether a small run agrees with a stored one.
"""

from whyattention.experiments.command import add_arguments, run
from whyattention.experiments.results import disagreements, load_result, stored_result
from whyattention.experiments.sweeps import SWEEPS

__all__ = ["SWEEPS", "add_arguments", "disagreements", "load_result", "run", "stored_result"]
