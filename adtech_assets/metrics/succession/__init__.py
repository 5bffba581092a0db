"""What successive uploads of one client do to each other: which statement counts, what changed, what is missing."""
