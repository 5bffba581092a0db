"""What starts runs and what speaks up: dropped files, due reports, failed checks.

Each sensor is a pure plan and a thin shell around it that looks, waits and asks.
"""
