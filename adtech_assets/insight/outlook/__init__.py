"""Where the figures are heading: `trends`, `patterns`, `lifecycle`, `forecast`, `pacing`.

The way of the data: `history` (rows to arrays) -> `weekday_adjustment` -> the five. Not here: single odd days (`detection`).
"""
