"""Text that cannot lie: evidence, the writers that may speak of it, and the guardrail between them and the page."""
