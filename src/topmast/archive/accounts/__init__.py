"""Accounts, tokens and passwords of an archive, and who may read which product; uses store."""
