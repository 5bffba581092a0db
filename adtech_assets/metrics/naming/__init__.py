"""Which spellings are one name, and which never are."""
