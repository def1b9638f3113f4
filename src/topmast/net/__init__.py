"""How requests travel: one seam, time limits, retries, polls and pages."""
