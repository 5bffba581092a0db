"""What the numbers mean: definitions, cleaning, restatement and weekly sums. Nothing here reads a file or knows Dagster."""
