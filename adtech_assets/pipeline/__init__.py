"""The steps of the product, in order, without an orchestrator: each reads tables, calls the domain, writes tables.

A Dagster asset and the command line call the same step, so there is one way only. Belongs here: reading, calling,
writing. Does not: any calculation (the domain), any schedule or retry (`defs/`).

    ingest -> clean -> aggregate -> score                (a client)      `client_steps`
    diagnose -> narrate -> render -> deliver             (client x week) `week_steps`, `delivery`
    check                                                (any table)     `checking`
    due                                                  (which weeks)   `due`
"""
