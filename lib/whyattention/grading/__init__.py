"""Assignments: one source notebook, every format, and what the graders need.

An assignment is one notebook in ``assignments/``, with solutions and hidden checks inside.
``whyattention assignments build`` makes of it what students, instructors, nbgrader and otter need:

- ``assignment``: what an assignment is; ``source``: how one is read, and what is wrong with it;
- ``blanks``: which lines of an answer students do not get, and what they get in their place;
- ``variants``: the same assignment with other numbers, sentences and blanks;
- ``overlay``: hidden checks from a private folder;
- ``formats``, ``nbgrader_course``, ``otter_source``: the notebooks that are written;
- ``leaks``: no solution and no hidden check in a file for students;
- ``build``: all of that together.

When answers are graded:

- ``guard``: ``check``, which every check of an assignment is made of; ``draws``: the values that it draws;
- ``comparing``: ``same`` and ``require``, with which a check judges; ``own_work``: where an answer comes
  from;
- ``review``: what answers may not do, found before they run;
- ``nbgrader_steps``, ``otter_plugin``: how the two graders are made to use ``review`` and ``guard``;
- ``kernel``: a kernel without network and files;
- ``verify``: both graders on the instructor's copy and on the empty one.

Only ``guard``, ``draws``, ``comparing`` and ``own_work`` need torch.
"""
