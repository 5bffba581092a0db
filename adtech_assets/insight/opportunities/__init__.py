"""Where more can be had: parts that return more or less than the rest, weekdays, launches, wear, messages that work.

Belongs here: looking for each, with tests of its own. Does not: changes between two periods (`causes`), advice.
"""
