"""Shares the running installation with all end-to-end tests."""

from e2e_support import installation

__all__ = ["installation"]
