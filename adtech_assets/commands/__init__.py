"""What `adtech ...` can do, a module a group of commands. Each command reads its options, calls one function, prints what
a person needs.

Belongs here: options, progress, exit codes. Does not: work.
"""
