"""Root causes: which few segments explain a change, and by which link of the chain from delivery to order value.

The way: rows -> `cube` (leaves by day) -> `segments` (what may be to blame) and `links` (what changed, with its noise)
-> `drift` (how far parts of the account move anyway) -> `search` (causes, fitted together) -> `pricing` (what each is
worth in the metric asked) -> `answer`.
"""
