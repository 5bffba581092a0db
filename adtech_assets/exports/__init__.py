"""Read what platforms and people really export: bytes -> dialect -> header vocabulary -> typed rows, or a refusal.

Nothing here knows clients, storage or what a metric means for a business. The way through: `dialect` (encoding,
delimiter, header line), `vocabulary` (which header is which column), `values` (numbers and dates, decided per file),
`totals` (total rows), `reader` (all of them, in order).
"""
