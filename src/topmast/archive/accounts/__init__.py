"""Accounts, tokens and passwords of an archive, and access to exclusive products; uses store."""
