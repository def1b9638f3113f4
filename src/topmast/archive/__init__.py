"""The archive in a folder on this disk."""
