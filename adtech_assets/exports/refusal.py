"""The one exception of this package: a file that is not used, with the sentence that tells its owner why.

Belongs here: the refusal. Does not: deciding when to refuse (that stands where the decision is made).
"""


class Refusal(Exception):
    """A file cannot be read without guessing. The text names what is wrong, where, and what to do."""
