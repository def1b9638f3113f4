"""TAP in the local archive."""
