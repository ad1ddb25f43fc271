"""Exercises: ``check`` runs an exercise's specification against an answer and explains the first failure.

- ``specification``: what an exercise is, and what its cases are drawn from;
- ``checking``: ``check``, and how a failure is explained;
- ``sequences``, ``measures``, ``gradients``, ``lstm``, ``gru``, ``lags``, ``attention``, ``decoder``,
  ``self_attention``: the exercises themselves, by what they are about;
- ``words``: all that a learner reads.

A later chapter adds its exercises to the ``EXERCISES`` of a concept, and their words to ``MESSAGES``.
"""

from whyattention.exercises.checking import EXERCISES, check, examine
from whyattention.exercises.specification import Exercise
from whyattention.exercises.words import MESSAGES

__all__ = ["EXERCISES", "MESSAGES", "Exercise", "check", "examine"]
