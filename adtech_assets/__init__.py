"""adtech_assets: from the export an ad platform gave you to a client-ready report, every number traceable.

Two wings. `defs/` is all that knows Dagster. Below it the domain is plain Python on Polars frames and flows one way:
exports -> metrics -> insight -> narrative -> reporting, with `quality` beside it and `pipeline` joining the rooms.
"""
